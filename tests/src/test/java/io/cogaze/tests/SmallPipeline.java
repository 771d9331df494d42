package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One small run of the whole pipeline for all tests of this JVM, made by the very examples that the
 * commands' help shows, with a configuration that keeps it small. Each step runs when a test first
 * asks for it. Tests read these folders and never write to them; a copy is for those that must.
 */
final class SmallPipeline {
  /** Pictures of 190 x 160 pixels, shards of 64 x 64, an epoch or two a stage. */
  private static final String CONFIGURATION =
      """
      cogaze {
        synthetic {
          image-scale = 0.0625
          reading-seconds = 2
          reading-seconds-min = 1
          reading-seconds-max = 3
        }
        preprocess {
          canvas {
            native-height-px = 3072
            native-width-px = 3072
            output-height-px = 64
            output-width-px = 64
          }
          examples-per-shard = 8
        }
        recipe.stages {
          contrast { epochs = 2, batch-size = 8 }
          classify { epochs = 1, batch-size = 8 }
          saliency { epochs = 1, batch-size = 8 }
          fuse { epochs = 1, batch-size = 8 }
        }
        evaluate { bootstrap-resamples = 100, examples-per-file = 4 }
        report.examples-per-class = 1
      }
      """;

  private static final Map<Step, Completed> DONE = new EnumMap<>(Step.class);
  private static Path folder;

  private SmallPipeline() {}

  /** The steps in their order, and the folder of each. */
  enum Step {
    SYNTHESIZE("synthesize", "data"),
    PREPROCESS("preprocess", "shards"),
    TRAIN("train", "run"),
    EVALUATE("evaluate", "run"),
    REPORT("report", "run");

    private final String command;
    private final String output;

    Step(String command, String output) {
      this.command = command;
      this.output = output;
    }

    String command() {
      return command;
    }
  }

  /** The data set. */
  static Path data() {
    return after(Step.SYNTHESIZE);
  }

  /** The shards. */
  static Path shards() {
    return after(Step.PREPROCESS);
  }

  /** The run, evaluated and reported on. */
  static Path run() {
    return after(Step.REPORT);
  }

  /** What the step printed. */
  static Completed printed(Step step) {
    after(step);
    return DONE.get(step);
  }

  /** The configuration file. */
  static Path configuration() {
    folder();
    return folder.resolve("small.conf");
  }

  /** A folder for what a test makes itself, empty. */
  static Path scratch(String name) {
    Path fresh = folder().resolve("scratch").resolve(name);
    try {
      Folders.delete(fresh);
      return Files.createDirectories(fresh);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make " + fresh, e);
    }
  }

  /** The launcher, called from the folder of this pipeline, on two cores. */
  static Cogaze cogaze() {
    return new Cogaze().from(folder()).master("local[2]");
  }

  /** The words of a command's example, with the small configuration. */
  static Object[] example(String command) {
    List<Object> words = new ArrayList<>(Examples.words(command));
    words.add("--config");
    words.add(configuration());
    return words.toArray();
  }

  /** A copy of the data set. */
  static Path copyOfData(String name) {
    Path copy = scratch(name).resolve("data");
    Folders.copy(data(), copy);
    return copy;
  }

  private static synchronized Path after(Step last) {
    for (Step step : Step.values()) {
      if (step.compareTo(last) <= 0 && !DONE.containsKey(step)) {
        DONE.put(step, cogaze().run(example(step.command)).expect(0));
        assertThat(folder().resolve(step.output)).isDirectory();
      }
    }
    return folder.resolve(last.output);
  }

  private static synchronized Path folder() {
    if (folder == null) {
      try {
        Path fresh = Project.scratch("work").resolve("small");
        Folders.delete(fresh);
        Files.createDirectories(fresh);
        Files.writeString(fresh.resolve("small.conf"), CONFIGURATION);
        folder = fresh;
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot make the folder of the small pipeline", e);
      }
    }
    return folder;
  }
}
