package io.cogaze.tests;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A Spark to submit to. */
enum SparkHome {
  /** The one that the build puts together from Maven's artefacts, and the launcher uses. */
  ASSEMBLED {
    @Override
    Path folder() {
      return Project.sparkHome();
    }
  },
  /** The distribution as Apache ships it, inside the {@code pyspark} package. */
  STOCK {
    @Override
    Path folder() {
      return PythonEnvironment.named("spark").packages().resolve("pyspark");
    }
  };

  private static final Duration LIMIT = Duration.ofMinutes(10);

  abstract Path folder();

  /** Submits the CoGaze jar by {@code spark-submit} alone, as a scheduler does. */
  Completed submit(String master, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "--master",
                master,
                "--driver-memory",
                "2g",
                "--class",
                "io.cogaze.jobs.Main",
                Project.jar().toString()));
    command.addAll(List.of(arguments));
    return sparkSubmit(command);
  }

  /** Runs {@code spark-submit} with exactly these words. */
  Completed sparkSubmit(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(folder().resolve("bin/spark-submit").toString());
    command.addAll(arguments);
    return Programs.run(
        Project.scratch("work"),
        Map.of("SPARK_HOME", folder().toString(), "SPARK_LOCAL_IP", "127.0.0.1"),
        LIMIT,
        command);
  }
}
