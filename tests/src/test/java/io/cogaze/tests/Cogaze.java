package io.cogaze.tests;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs commands as a user does, through the launcher: {@code new Cogaze().run("synthesize",
 * "--output", folder)}. Values are changed by copies: {@code new
 * Cogaze().master("local-cluster[2,1,2048]").run(...)}.
 *
 * @param launcher the script
 * @param directory where it is called from
 * @param environment what is set for it
 * @param sparkOptions what stands behind the {@code --}
 * @param limit after which it has failed
 */
record Cogaze(
    Path launcher,
    Path directory,
    Map<String, String> environment,
    List<String> sparkOptions,
    Duration limit) {

  Cogaze() {
    this(
        Project.launcher(),
        Project.scratch("work"),
        Map.of("COGAZE_MACHINE_MEMORY", "12g"),
        List.of(),
        Duration.ofMinutes(10));
  }

  Cogaze launcher(Path script) {
    return new Cogaze(script, directory, environment, sparkOptions, limit);
  }

  Cogaze from(Path folder) {
    return new Cogaze(launcher, folder, environment, sparkOptions, limit);
  }

  Cogaze with(String variable, String value) {
    Map<String, String> more = new LinkedHashMap<>(environment);
    more.put(variable, value);
    return new Cogaze(launcher, directory, more, sparkOptions, limit);
  }

  Cogaze on(SparkHome home) {
    return with("SPARK_HOME", home.folder().toString());
  }

  Cogaze spark(String... options) {
    List<String> more = new ArrayList<>(sparkOptions);
    more.addAll(List.of(options));
    return new Cogaze(launcher, directory, environment, more, limit);
  }

  Cogaze master(String master) {
    return spark("--master", master);
  }

  Cogaze within(Duration newLimit) {
    return new Cogaze(launcher, directory, environment, sparkOptions, newLimit);
  }

  /** Runs one command to its end. */
  Completed run(Object... words) {
    return Programs.run(directory, environment, limit, command(words));
  }

  /** Starts one command; what it prints goes to the file. */
  Process start(Path out, Object... words) {
    return Programs.start(directory, environment, command(words), out);
  }

  private List<String> command(Object... words) {
    List<String> command = new ArrayList<>();
    command.add(launcher.toString());
    for (Object word : words) {
      command.add(word.toString());
    }
    if (!sparkOptions.isEmpty()) {
      command.add("--");
      command.addAll(sparkOptions);
    }
    return command;
  }
}
