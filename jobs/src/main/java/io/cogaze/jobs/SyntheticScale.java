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
 * summary that synthesize leaves in the data folder says it. The shards' size follows: an image of
 * an eighth has no detail to fill 640 x 512 pixels. All of it is weaker than any configuration file
 * or --set.
 */
final class SyntheticScale {
  /** Name of the detail in synthesize's summary. */
  static final String DETAIL = "image_scale";

  /** Networks halve their input five times. */
  private static final int UNIT_PX = 32;

  private static final int FULL_CANVAS_ROWS = 3200;

  private SyntheticScale() {}

  /** A configuration source with the canvas; nothing for folders that synthesize did not make. */
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
            "cogaze.preprocess.canvas { scale = "
                + scale.asText()
                + ", output-height-px = "
                + 5 * UNIT_PX * units(scale.asDouble())
                + ", output-width-px = "
                + 4 * UNIT_PX * units(scale.asDouble())
                + " }"));
  }

  /**
   * 640 x 512, 320 x 256 or 160 x 128: the largest whose pixels each hold two of the image, in
   * height and width.
   */
  private static int units(double scale) {
    int units = 4;
    while (units > 1 && 5 * UNIT_PX * units * 2 > FULL_CANVAS_ROWS * scale) {
      units /= 2;
    }
    return units;
  }
}
