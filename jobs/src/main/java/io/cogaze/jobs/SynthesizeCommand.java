package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.error.ConfigurationException;
import io.cogaze.run.LockSettings;
import io.cogaze.run.PhaseTimer;
import io.cogaze.run.Summary;
import io.cogaze.synthetic.SyntheticData;
import io.cogaze.synthetic.SyntheticResult;
import io.cogaze.synthetic.SyntheticSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes synthetic data. */
@Command(
    name = "synthesize",
    header = "Makes phantom chest X-rays and gaze in the files of EGD-CXR and MIMIC-CXR.",
    description = {
      "The same seed gives the same bytes, whatever the parallelism.",
      "Scores on synthetic data say nothing about patients."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze synthesize --output data --images 40 --seed 7",
    })
final class SynthesizeCommand extends AbstractCommand {
  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "Folder for the data set.")
  private String output;

  @Option(
      names = "--images",
      required = true,
      paramLabel = "N",
      description = "Number of images, 1 to 10,000,000.")
  private int images;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--overwrite",
      description = {
        "Makes all images and tables again, also those of the same settings and seed. Only in a folder that synthesize",
        "wrote; anything else is refused."
      })
  private boolean overwrite;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    Supplier<SyntheticSettings> settings = binder.bind("synthetic", SyntheticSettings.class);
    Supplier<LockSettings> lock = binder.bind("run", LockSettings.class);
    return () -> synthesize(config, settings.get(), lock.get());
  }

  private void synthesize(CogazeConfig config, SyntheticSettings settings, LockSettings lock)
      throws IOException {
    if (images < 1 || images > 10_000_000) {
      throw new ConfigurationException(
          "--images is " + images + ", but must be between 1 and 10,000,000.");
    }
    Path to = Paths.path(output);
    try (SparkSession spark = SparkSessions.open("synthesize")) {
      SyntheticResult result = make(spark, to, config, settings, images, seed, overwrite, lock);
      print(out(), result);
    }
  }

  /** Makes the data and leaves configuration and summary in the folder. */
  static SyntheticResult make(
      SparkSession spark,
      Path to,
      CogazeConfig config,
      SyntheticSettings settings,
      int images,
      long seed,
      boolean overwrite,
      LockSettings lock)
      throws IOException {
    PhaseTimer timer = new PhaseTimer();
    SyntheticResult result =
        timer.call(
            "draw images and gaze",
            () ->
                SyntheticData.generate(spark, to.toUri(), settings, images, seed, overwrite, lock));
    FileSystem fileSystem = to.getFileSystem(Paths.hadoopConfiguration());
    // Also where an earlier attempt was killed between the data's manifest and its summary.
    if (!result.alreadyDone() || !fileSystem.exists(new Path(to, Summary.FILE))) {
      Outputs.writeText(fileSystem, new Path(to, "config.conf"), config.render());
      Summary summary =
          Summary.of("synthesize")
              .phases(timer)
              .count("images", result.images())
              .count("patients", result.patients())
              .count("gaze_samples", result.gazeSamples())
              .count("fixations", result.fixations())
              .detail("images_per_class", result.imagesPerClass())
              .detail(SyntheticScale.DETAIL, settings.imageScale())
              .detail("seed", seed)
              .detail("content_sha256", result.contentSha256())
              .note(
                  "Synthetic: drawn by a program. Scores on these data say nothing about patients.");
      summary.write(fileSystem, to);
    }
    return result;
  }

  static void print(PrintWriter out, SyntheticResult result) {
    if (result.alreadyDone()) {
      out.println("The data are there already, made with the same settings and seed.");
    }
    out.println(
        String.format(
            Locale.ROOT,
            "%d images of %d patients %s, %d gaze samples, %d fixations",
            result.images(),
            result.patients(),
            result.imagesPerClass(),
            result.gazeSamples(),
            result.fixations()));
    out.println("Synthetic data: " + Outputs.location(new Path(result.output())));
    out.flush();
  }
}
