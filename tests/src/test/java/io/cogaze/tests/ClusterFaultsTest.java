package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training on three executors that are killed, with tasks that fail or are slow, ends in the
 * parameters of an undisturbed training in one process.
 */
@Tag("cluster")
class ClusterFaultsTest {
  private static final String MASTER = "local-cluster[3,1,2048]";
  private static final List<String> STAGES = List.of("contrast", "classify", "saliency", "fuse");
  private static final Map<String, Integer> EPOCHS =
      Map.of("contrast", 4, "classify", 3, "saliency", 1, "fuse", 2);
  private static final Duration LIMIT = Duration.ofMinutes(10);

  @TempDir private static Path temporary;
  private static Path plugin;
  private static Path undisturbed;

  @BeforeAll
  static void trainUndisturbed() throws IOException {
    plugin = jar();
    undisturbed = SmallPipeline.scratch("faults-undisturbed").resolve("run");
    SmallPipeline.cogaze().run(train(undisturbed).toArray()).expect(0);
  }

  /** Spark keeps a copy of the jar for each executor of local-cluster. */
  @AfterEach
  void removeExecutorFolders() throws IOException {
    Folders.delete(Project.sparkHome().resolve("work"));
  }

  @Test
  void killedExecutorsFailedTasksAndAKilledDriverDoNotChangeTheParameters() throws Exception {
    Faulty faulty = trainThroughFaults("faults-cluster", 1);

    assertSameParameters(faulty.run());
    assertThat(faulty.planted("kill")).hasSizeGreaterThan(1);
    assertThat(faulty.planted("fail")).hasSizeGreaterThan(5);
    assertThat(faulty.planted("again")).hasSizeGreaterThan(5);
    assertThat(faulty.err()).as("explained errors only").doesNotContain("unexpected failure");
  }

  @Test
  void killedExecutorsFailedTasksAndAKilledDriverDoNotEitherWhereWorkersSendDifferences()
      throws Exception {
    String[] less = {"--set", "train.delta-bits=16", "--set", "train.average-updater-every=2"};
    Path expected = SmallPipeline.scratch("faults-less-undisturbed").resolve("run");
    List<Object> command = new ArrayList<>(train(expected));
    command.addAll(List.of(less));
    SmallPipeline.cogaze().run(command.toArray()).expect(0);

    Faulty faulty = trainThroughFaults("faults-less", 4, less);

    for (String stage : STAGES) {
      assertThat(Checkpoints.parameters(faulty.run(), stage))
          .as(stage)
          .isEqualTo(Checkpoints.parameters(expected, stage))
          .isNotEqualTo(Checkpoints.parameters(undisturbed, stage));
    }
    assertThat(faulty.planted("kill")).hasSizeGreaterThan(1);
    assertThat(faulty.planted("fail")).hasSizeGreaterThan(5);
  }

  /** A run that faults were planted in, and what its second driver printed. */
  private record Faulty(Path run, Path faults, String err) {
    List<String> planted(String kind) throws IOException {
      return Files.readAllLines(faults).stream().filter(line -> line.startsWith(kind)).toList();
    }
  }

  /** Trains on executors that are killed and tasks that fail; the driver is killed once too. */
  private static Faulty trainThroughFaults(String name, int seed, String... more) throws Exception {
    Path folder = SmallPipeline.scratch(name);
    Path run = folder.resolve("run");
    Path log = folder.resolve("first.txt");
    Path faults = folder.resolve("faults.txt");

    Process driver = start(log, run, faults(faults, seed, "kill=0.03", "fail=0.12"), more);
    List<ProcessHandle> executors = List.of();
    try {
      await()
          .atMost(Duration.ofMinutes(6))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> Checkpoints.newest(run, "contrast") >= 1 || !driver.isAlive());
      assertThat(driver.isAlive()).as(() -> "still at work; it printed " + text(log)).isTrue();
      executors = driver.descendants().toList();
      driver.destroyForcibly().waitFor();
      assertThat(executors).as("processes of the executors").isNotEmpty();
      List<ProcessHandle> orphans = executors;
      await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> assertThat(orphans).noneMatch(ProcessHandle::isAlive));
    } finally {
      executors.forEach(ProcessHandle::destroyForcibly);
      Programs.kill(driver);
    }
    assertThat(run.resolve("stages/classify/manifest.json")).doesNotExist();
    Checkpoints.assertReadable(run);

    List<String> again = faults(faults, seed + 1, "kill=0.03", "fail=0.12");
    return new Faulty(run, faults, run(run, again, more).expect(0).err());
  }

  @Test
  void speculativeExecutionCountsNothingTwice() throws IOException {
    Path folder = SmallPipeline.scratch("faults-speculation");
    Path run = folder.resolve("run");
    Path faults = folder.resolve("faults.txt");
    List<String> options = new ArrayList<>(faults(faults, 3, "slow=0.1"));
    for (String option :
        List.of(
            "spark.speculation=true",
            // The way between machines, which the other tests do not take.
            "spark.cogaze.exchange.sharedMemory=false",
            // By time alone: a round's tasks read no records whose rate could be compared.
            "spark.speculation.efficiency.enabled=false",
            "spark.speculation.interval=50ms",
            "spark.speculation.quantile=0.3",
            "spark.speculation.multiplier=1.2",
            "spark.scheduler.minRegisteredResourcesRatio=1",
            "spark.cores.max=3")) {
      options.addAll(List.of("--conf", option));
    }

    try (StandaloneCluster cluster = new StandaloneCluster(folder.resolve("cluster"), 3)) {
      Programs.run(
              Project.scratch("work"),
              environment(),
              LIMIT,
              command(cluster.master(), run, options))
          .expect(0);
    }

    assertSameParameters(run);
    List<String> planted = Files.readAllLines(faults);
    assertThat(planted)
        .as("rounds of training in which the second attempt of a slow task ran beside the first")
        .filteredOn(line -> line.startsWith("again") && line.matches(".*/\\d+/\\d+ stage .*"))
        .filteredOn(line -> planted.contains(line.replaceFirst("again", "slow")))
        .hasSizeGreaterThan(2);
  }

  @Test
  void parametersThatExplodeInAnExecutorEndTheCommandWithTheExamplesNamed() throws IOException {
    Path folder = SmallPipeline.scratch("faults-exploding");
    Path run = folder.resolve("run");
    Files.writeString(folder.resolve("faults.txt"), "");

    Completed ended =
        run(
                run,
                faults(folder.resolve("faults.txt"), 0),
                "--set",
                "recipe.stages.classify.updater.learning-rate=1e30")
            .expect(3);

    assertThat(ended.err())
        .contains("Stage 'classify' stopped")
        .containsPattern("examples \\[[^\\]]+\\]")
        .contains("The last checkpoint is kept")
        // Spark's own may be there: executors still talk to the driver while it goes.
        .doesNotContain("\tat io.cogaze.");
    Checkpoints.assertReadable(run);
    assertThat(Checkpoints.parameters(run, "contrast"))
        .isEqualTo(Checkpoints.parameters(undisturbed, "contrast"));
  }

  private static void assertSameParameters(Path run) {
    Checkpoints.assertReadable(run);
    for (String stage : STAGES) {
      assertThat(Checkpoints.parameters(run, stage))
          .as(stage)
          .isEqualTo(Checkpoints.parameters(undisturbed, stage));
    }
  }

  /** All stages; those whose beginning is frozen keep what it gives for each example. */
  private static List<Object> train(Path run) {
    List<Object> command =
        new ArrayList<>(
            List.of(
                "train",
                "--recipe",
                "cooperative-small",
                "--shards",
                SmallPipeline.shards(),
                "--run",
                run,
                "--config",
                SmallPipeline.configuration(),
                "--stages",
                String.join(",", STAGES),
                "--set",
                "train.seed=11",
                "--set",
                "train.workers=3"));
    for (String stage : STAGES) {
      for (String setting :
          List.of("epochs=" + EPOCHS.get(stage), "batch-size=4", "averaging-frequency=1")) {
        command.addAll(List.of("--set", "recipe.stages." + stage + "." + setting));
      }
    }
    return command;
  }

  /** Options of spark-submit that plant faults. */
  private static List<String> faults(Path log, int seed, String... shares) {
    List<String> options = new ArrayList<>();
    for (String conf :
        List.of(
            "spark.plugins=" + FaultPlugin.class.getName(),
            "spark.driver.extraClassPath=" + plugin,
            "spark.executor.extraClassPath=" + plugin,
            "spark.cogaze.test.log=" + log,
            "spark.cogaze.test.seed=" + seed)) {
      options.addAll(List.of("--conf", conf));
    }
    for (String share : shares) {
      options.addAll(List.of("--conf", "spark.cogaze.test." + share));
    }
    return options;
  }

  private static Completed run(Path run, List<String> options, String... more) {
    return Programs.run(
        Project.scratch("work"), environment(), LIMIT, command(MASTER, run, options, more));
  }

  private static Process start(Path log, Path run, List<String> options, String... more) {
    return Programs.start(
        Project.scratch("work"), environment(), command(MASTER, run, options, more), log);
  }

  private static Map<String, String> environment() {
    return Map.of("SPARK_HOME", Project.sparkHome().toString(), "SPARK_LOCAL_IP", "127.0.0.1");
  }

  private static List<String> command(
      String master, Path run, List<String> options, String... more) {
    List<String> command = new ArrayList<>();
    command.add(Project.sparkHome().resolve("bin/spark-submit").toString());
    command.addAll(List.of("--master", master, "--driver-memory", "1g"));
    // As the launcher does: Spark's own lines, stack traces of failed tasks among them, stay away.
    command.add("--driver-java-options");
    command.add(
        "-Dlog4j2.configurationFile=" + Project.root().resolve("conf/log4j2.properties").toUri());
    command.addAll(options);
    command.addAll(List.of("--class", "io.cogaze.jobs.Main", Project.jar().toString()));
    train(run).forEach(word -> command.add(word.toString()));
    command.addAll(List.of(more));
    return command;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static Path jar() throws IOException {
    Path jar = temporary.resolve("faults.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      for (Class<?> type : List.of(FaultPlugin.class, FaultPlugin.Faults.class)) {
        String name = type.getName().replace('.', '/') + ".class";
        zip.putNextEntry(new ZipEntry(name));
        try (InputStream in = type.getClassLoader().getResourceAsStream(name)) {
          in.transferTo(zip);
        }
        zip.closeEntry();
      }
    }
    return jar;
  }
}
