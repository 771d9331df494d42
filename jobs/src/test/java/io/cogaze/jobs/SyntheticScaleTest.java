package io.cogaze.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.LoadRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SyntheticScaleTest {
  @TempDir java.nio.file.Path folder;

  @ParameterizedTest(name = "images at scale {0} become shards of {1} x {2}")
  @CsvSource({
    "1.0, 640, 512",
    "0.5, 640, 512",
    "0.25, 320, 256",
    "0.125, 160, 128",
    "0.05, 160, 128"
  })
  void syntheticImagesDecideTheCanvas(double scale, String height, String width)
      throws IOException {
    Files.writeString(
        folder.resolve("summary.json"),
        "{\"command\": \"synthesize\", \"details\": {\"image_scale\": " + scale + "}}");

    var values = config(List.of()).values("preprocess.canvas");

    assertThat(Double.parseDouble(values.get("preprocess.canvas.scale"))).isEqualTo(scale);
    assertThat(values.get("preprocess.canvas.output-height-px")).isEqualTo(height);
    assertThat(values.get("preprocess.canvas.output-width-px")).isEqualTo(width);
  }

  @Test
  void whatTheUserSetsIsStronger() throws IOException {
    Files.writeString(
        folder.resolve("summary.json"),
        "{\"command\": \"synthesize\", \"details\": {\"image_scale\": 0.125}}");

    var values =
        config(List.of("preprocess.canvas.output-height-px=320")).values("preprocess.canvas");

    assertThat(values.get("preprocess.canvas.output-height-px")).isEqualTo("320");
  }

  @Test
  void otherDataKeepTheDefaults() throws IOException {
    assertThat(SyntheticScale.source(new Configuration(), new Path(folder.toUri()))).isEmpty();
  }

  private CogazeConfig config(List<String> overrides) throws IOException {
    return CogazeConfig.load(
        LoadRequest.of(
            SyntheticScale.source(new Configuration(), new Path(folder.toUri())), overrides));
  }
}
