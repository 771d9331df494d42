package io.cogaze.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.config.ConfigSource;
import io.cogaze.run.Summary;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Synthetic images are made at a fraction of real images' size, and preprocess must know which. The
 * summary that synthesize leaves in the data folder says it; it is weaker than any configuration
 * file or --set.
 */
final class SyntheticScale {
  /** Name of the detail in synthesize's summary. */
  static final String DETAIL = "image_scale";

  private SyntheticScale() {}

  /**
   * A configuration source with the canvas's scale; nothing for folders that synthesize did not
   * make.
   */
  static List<ConfigSource> source(Configuration hadoop, Path input) throws IOException {
    JsonNode summary =
        Outputs.readObject(input.getFileSystem(hadoop), new Path(input, Summary.FILE));
    JsonNode scale = summary.path("details").path(DETAIL);
    if (!"synthesize".equals(summary.path("command").asText()) || !scale.isNumber()) {
      return List.of();
    }
    return List.of(
        ConfigSource.text(
            new Path(input, Summary.FILE).toString(),
            "cogaze.preprocess.canvas.scale = " + scale.asText()));
  }
}
