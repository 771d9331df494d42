package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launcher script: what it shows, what it refuses, and what it hands on. */
class LauncherTest {
  @TempDir private Path temporary;

  @Test
  void helpAndVersionNeedNoSpark() {
    Completed help = new Cogaze().run("--help").expect(0);
    assertThat(help.out()).contains("Usage: cogaze");
    assertThat(help.err()).isEmpty();
    assertThat(new Cogaze().run("--version").expect(0).out()).contains("0.1.0");
    assertThat(new Cogaze().run().expect(0).out()).isEqualTo(help.out());
  }

  @Test
  void dryRunShowsTheLineAndTheSumOfMemory() {
    Completed shown =
        new Cogaze()
            .with("COGAZE_MACHINE_MEMORY", "16g")
            .master("local[4]")
            .spark("--driver-memory", "3g", "--conf", "spark.cogaze.offHeapMemory=5g")
            .run("train", "--recipe", "two words", "--dry-run")
            .expect(0);
    assertThat(shown.out())
        .contains("OMP_NUM_THREADS=1")
        .contains("GLIBC_TUNABLES=glibc.malloc.hugetlb=1")
        .contains("jobs/target/spark-home/bin/spark-submit")
        .contains("org.bytedeco.javacpp.maxbytes=5120m")
        .contains("org.bytedeco.javacpp.maxphysicalbytes=8960m")
        .contains("spark.serializer=org.apache.spark.serializer.KryoSerializer")
        .contains(
            "spark.kryo.registrator=io.cogaze.train.spark.NativeLibraryRegistrator\\,org.nd4j.kryo.Nd4jRegistrator\\,io.cogaze.jobs.RecordKryoRegistrator")
        .contains("SystemClockTimeSource")
        .contains("spark.ui.enabled=false")
        .contains("train --recipe two\\ words\n")
        .contains("one JVM                      heap 3072 + off-heap 5120 + overhead 768 = 8960")
        .contains("sum on this machine          8960; usable here: 14746 (the machine has 16384");
    assertThat(shown.err()).isEmpty();
  }

  @Test
  void defaultsAreThoseOfALaptopWithEveryCoreAtWork() {
    String shown = new Cogaze().run("demo", "--dry-run").expect(0).out();
    assertThat(shown)
        .contains("--master local\\[" + Runtime.getRuntime().availableProcessors() + "\\]")
        .contains("one JVM                      heap 2765 + off-heap 7527 + overhead 768 = 11060");
  }

  @ParameterizedTest(name = "machine of {0}")
  @CsvSource({"4g, 1024, 1280", "8g, 1792, 4608", "24g, 5529, 15822", "512g, 8192, 462849"})
  void heapAndArraysShareWhatTheMachineHas(String machine, int heap, int offHeap) {
    assertThat(
            new Cogaze()
                .with("COGAZE_MACHINE_MEMORY", machine)
                .run("demo", "--dry-run")
                .expect(0)
                .out())
        .contains("heap " + heap + " + off-heap " + offHeap + " + overhead ");
  }

  @Test
  void everyExecutorOfALocalClusterIsInTheSum() {
    assertThat(
            new Cogaze()
                .with("COGAZE_MACHINE_MEMORY", "10g")
                .master("local-cluster[2,1,1024]")
                .run("demo", "--dry-run")
                .expect(0)
                .out())
        .contains("driver                       heap 1152 + off-heap 1237 + overhead 768 = 3157")
        .contains(
            "executor                     heap 1024 + off-heap 1237 + overhead 768 = 3029, x 2 ="
                + " 6058");
  }

  @Test
  void refusesWhatCannotFitBeforeAnythingStarts() {
    Completed refused = new Cogaze().master("local-cluster[3,1,2048]").run("demo").expect(1);
    assertThat(refused.err())
        .contains("Cannot start: 14694 MiB of memory are asked for on this machine, 11060 MiB")
        .contains(
            "executor                     heap 2048 + off-heap 1024 + overhead 768 = 3840, x 3 ="
                + " 11520")
        .contains("--driver-memory");
    assertThat(refused.out()).isEmpty();
    assertThat(new Cogaze().spark("--driver-memory=20g").run("demo", "--dry-run").expect(1).err())
        .contains("heap 20480");
  }

  @Test
  void executorsOnAClusterAskForTheirArraysToo() throws IOException {
    Path home = sparkHomeThatPrintsItsArguments();
    String shown =
        new Cogaze()
            .with("SPARK_HOME", home.toString())
            .master("yarn")
            .spark("--num-executors", "4", "--executor-memory", "8g")
            .run("train", "--dry-run")
            .expect(0)
            .out();
    assertThat(shown)
        .contains("spark.executor.memoryOverhead=9011m")
        .contains(
            "executor, on the cluster     heap 8192 + off-heap 8192 + overhead 819 = 17203, x 4 ="
                + " 68812")
        .doesNotContain("spark.ui.enabled");
    assertThat(
            new Cogaze()
                .with("SPARK_HOME", home.toString())
                .master("yarn")
                .spark("--conf", "spark.executor.memoryOverhead=1g")
                .run("train", "--dry-run")
                .expect(1)
                .err())
        .contains("Cannot give 1024 MiB as spark.executor.memoryOverhead")
        .contains("= 1280 MiB");
  }

  @Test
  void propertiesOfTheDistributionCountWhereTheCallerSaysNothing() throws IOException {
    Path home = sparkHomeThatPrintsItsArguments();
    Files.createDirectories(home.resolve("conf"));
    Files.writeString(
        home.resolve("conf/spark-defaults.conf"),
        """
        # of the site
        spark.master   yarn
        spark.executor.memory=6g
        spark.executor.instances 3
        """);
    Cogaze cogaze = new Cogaze().with("SPARK_HOME", home.toString());
    assertThat(cogaze.run("train", "--dry-run").expect(0).out())
        .contains("heap 6144 + off-heap 6144")
        .contains("x 3 =")
        .doesNotContain("--master");
    assertThat(cogaze.master("local[2]").run("train", "--dry-run").expect(0).out())
        .contains("one JVM");
  }

  @Test
  void usesTheSparkOfSparkHomeAndHandsWordsOnUnchanged() throws IOException {
    Path home = sparkHomeThatPrintsItsArguments();
    Completed done =
        new Cogaze()
            .with("SPARK_HOME", home.toString())
            .spark("--conf", "spark.app.note=a b'c\"d$e", "--name", "mine")
            .run("train", "--set", "x=1 2", "*", "");
    done.expect(42);
    assertThat(done.out().lines())
        .contains("[spark.app.note=a b'c\"d$e]", "[mine]", "[x=1 2]", "[*]", "[]")
        .doesNotContain("[cogaze-train]");
    List<String> words = done.out().lines().toList();
    assertThat(words.subList(words.indexOf("[--class]"), words.size()))
        .containsExactly(
            "[--class]",
            "[io.cogaze.jobs.Main]",
            "[" + Project.jar() + "]",
            "[train]",
            "[--set]",
            "[x=1 2]",
            "[*]",
            "[]");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "--driver-memory=3x, 'Cannot read the memory size \"3x\" of spark.driver.memory'",
    "--conf=spark.cogaze.offHeapMemory=much, 'Cannot read the memory size \"much\"'",
    "--conf=nothing, '\"nothing\": expected --conf key=value'",
    "--master, '\"--master\" has no value'",
    "--nonsense, '\"--nonsense\" has no value, or is no option of spark-submit'",
    "--set, '\"--set\" is an option of CoGaze. Arguments of CoGaze come before the --.'",
    "--master=local[0], 'Cannot understand the master \"local[0]\": expected local[N]'",
    "--master=local[x, 'Cannot understand the master \"local[x\": expected local[N]'",
    "--driver-memory=100m, 'a heap of 100 MiB: Spark wants at least 472 MiB'",
    "--class=x, 'CoGaze sets it'",
    "--master=yarn, 'point SPARK_HOME at a Spark 3.5.5 distribution'",
    "--properties-file=/no/such/file, 'Cannot read the file of --properties-file: /no/such/file'"
  })
  void explainsABadSparkOptionWithExitCodeOne(String option, String message) {
    assertThat(new Cogaze().spark(option).run("demo", "--dry-run").expect(1).err())
        .contains(message);
  }

  @Test
  void wordsBehindTheDashesMustBeSparkOptions() {
    assertThat(new Cogaze().spark("--queue", "x", "extra", "y").run("demo", "--dry-run").err())
        .contains("\"extra\" is no option. Arguments of CoGaze come before the --.");
  }

  @ParameterizedTest(name = "machine of {0}")
  @CsvSource({"0, 0", "512m, 512"})
  void aMachineWithoutMemoryIsExplained(String machine, String mib) {
    assertThat(
            new Cogaze()
                .with("COGAZE_MACHINE_MEMORY", machine)
                .run("demo", "--dry-run")
                .expect(1)
                .err())
        .contains("the memory of this machine is taken as " + mib + " MiB")
        .contains("correct COGAZE_MACHINE_MEMORY");
  }

  @Test
  void warnsOfAnotherSparkThanItWasBuiltFor() throws IOException {
    Path home = sparkHomeThatPrintsItsArguments();
    Cogaze cogaze = new Cogaze().with("SPARK_HOME", home.toString());
    Files.writeString(home.resolve("RELEASE"), "Spark 3.5.1 (git revision x) built for Hadoop 3\n");
    assertThat(cogaze.run("demo", "--dry-run").expect(0).err()).isEmpty();
    Files.writeString(home.resolve("RELEASE"), "Spark 4.0.0 built for Hadoop 3.4.1\n");
    assertThat(cogaze.run("demo", "--dry-run").expect(0).err())
        .contains(
            "warning: SPARK_HOME holds Spark 4.0.0, CoGaze is built and tested for Spark 3.5.5");
  }

  @Test
  void javaSeesUtf8WhereTheLocaleHasNone() throws IOException {
    Path home = Files.createDirectories(temporary.resolve("locale/bin")).getParent();
    script(home.resolve("bin/spark-submit"), "locale charmap\n");
    assertThat(
            new Cogaze()
                .with("SPARK_HOME", home.toString())
                .with("LC_ALL", "C")
                .run("demo")
                .expect(0)
                .out())
        .isEqualTo("UTF-8\n");
  }

  @Test
  void aSparkHomeWithoutSparkIsExplained() {
    assertThat(new Cogaze().with("SPARK_HOME", "/nowhere").run("demo").expect(1).err())
        .contains("Cannot find /nowhere/bin/spark-submit");
  }

  @Test
  void aMissingJavaIsExplained() {
    assertThat(new Cogaze().with("JAVA_HOME", "/nowhere").run("demo").expect(3).err())
        .contains("Cannot find java at /nowhere/bin/java");
  }

  @Test
  void worksFromAnyFolderAndInFoldersWithBlanks() throws IOException {
    Path home = Files.createDirectories(temporary.resolve("a folder/with ünusual 100% names"));
    for (String file : List.of("cogaze", "conf/log4j2.properties")) {
      Path copy = home.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.copy(Project.root().resolve(file), copy, StandardCopyOption.COPY_ATTRIBUTES);
    }
    // Making the copy must not count as a change of the sources.
    assertThat(home.resolve("conf").toFile().setLastModified(0)).isTrue();
    Files.createDirectories(home.resolve("jobs"));
    Files.createSymbolicLink(home.resolve("jobs/target"), Project.root().resolve("jobs/target"));
    Cogaze cogaze =
        new Cogaze().launcher(home.resolve("cogaze")).from(Path.of("/")).master("local[1]");
    assertThat(cogaze.run("--version").expect(0).out()).contains("0.1.0");
    Completed done = cogaze.run("no-such-command").expect(1);
    assertThat(done.err()).contains("no-such-command").doesNotContain("INFO", "log4j");
  }

  @Test
  void buildsTheJarWhenItIsMissingAndShowsWhyTheBuildFailed() throws IOException {
    Path home = Files.createDirectories(temporary.resolve("checkout"));
    Files.copy(Project.launcher(), home.resolve("cogaze"), StandardCopyOption.COPY_ATTRIBUTES);
    Path bin = Files.createDirectories(temporary.resolve("bin"));
    script(
        bin.resolve("mvn"),
        """
        echo "words: $*"
        if [ -e broken ]; then echo '[ERROR] no good'; exit 1; fi
        mkdir -p jobs/target/spark-home/bin
        touch jobs/target/spark-home/RELEASE jobs/target/cogaze-jobs.jar
        printf '#!/bin/sh\\necho submitted\\n' >jobs/target/spark-home/bin/spark-submit
        chmod +x jobs/target/spark-home/bin/spark-submit
        """);
    Cogaze cogaze =
        new Cogaze()
            .launcher(home.resolve("cogaze"))
            .with("PATH", bin + ":" + System.getenv("PATH"))
            .within(Duration.ofMinutes(1));

    Files.createFile(home.resolve("broken"));
    Completed failed = cogaze.run("demo").expect(3);
    assertThat(failed.err())
        .contains("building jobs/target/cogaze-jobs.jar, because it is missing")
        .contains("[ERROR] no good")
        .contains("The whole log: " + home.resolve("target/cogaze-build.log"));

    Files.delete(home.resolve("broken"));
    Completed first = cogaze.run("demo").expect(0);
    assertThat(first.out()).isEqualTo("submitted\n");
    assertThat(first.err()).contains("because it is missing");
    assertThat(home.resolve("target/cogaze-build.log"))
        .content()
        .contains("package -pl jobs -am", "-Dmaven.test.skip=true");
    assertThat(cogaze.run("demo").expect(0).err()).isEmpty();

    Path source = home.resolve("pipeline/src/main/java/New.java");
    Files.createDirectories(source.getParent());
    Files.createFile(source);
    assertThat(cogaze.run("demo").expect(0).err()).contains("is newer");
  }

  @Test
  void dryRunBuildsNothing() throws IOException {
    Path home = Files.createDirectories(temporary.resolve("checkout"));
    Files.copy(Project.launcher(), home.resolve("cogaze"), StandardCopyOption.COPY_ATTRIBUTES);
    new Cogaze().launcher(home.resolve("cogaze")).run("demo", "--dry-run").expect(0);
    assertThat(home.toFile().list()).containsExactly("cogaze");
  }

  @Test
  void onATerminalTheProgressIsOneLineThatIsDrawnAnewAndTearsNoOther() {
    String shown = onTerminal("xterm", train("terminal"));
    assertThat(shown)
        .contains("contrast  epoch 1/2  training")
        .containsPattern("contrast  epoch 1/2  validation  loss [0-9.]+  [0-9.]+ examples/s  ")
        .containsPattern("contrast  epoch 2/2  validation  loss [0-9.]+ ")
        .contains(ERASE);
    List<String> lines = visible(shown);
    assertThat(lines)
        .filteredOn(line -> line.contains("INFO"))
        .isNotEmpty()
        .allMatch(line -> line.matches("\\d\\d:\\d\\d:\\d\\d INFO [A-Za-z]+: .*"));
    assertThat(lines)
        .as("rounds are drawn, not left behind; epochs stay")
        .noneMatch(line -> line.contains(" examples/s "))
        .anyMatch(line -> line.contains("stage contrast epoch 1/2: train loss"));
    assertThat(lines.get(lines.size() - 1)).startsWith("Run: file:");
  }

  @Test
  void plainProgressMovesNoCursorOnATerminalEither() {
    String shown = onTerminal("xterm", plus(train("plain"), "--progress", "plain"));
    assertThat(shown.replace("\r\n", "\n"))
        .contains("stage contrast epoch 1/2 round 1/1: loss ")
        .doesNotContain("\r", "\u001b");
  }

  @Test
  void whoeverCannotSeeALineDrawnAnewGetsPlainLines() {
    Object[] dry = {"demo", "--dry-run"};
    assertThat(onTerminal("xterm", dry)).contains("-Dcogaze.terminal.columns=");
    assertThat(onTerminal("dumb", dry)).doesNotContain("cogaze.terminal");
    assertThat(onTerminal("xterm CI=1", dry)).doesNotContain("cogaze.terminal");
    assertThat(new Cogaze().run(dry).expect(0).out()).doesNotContain("cogaze.terminal");
  }

  private static final String ERASE = "\r\u001b[K";

  private static Object[] train(String name) {
    return new Object[] {
      "train",
      "--recipe",
      "cooperative-small",
      "--shards",
      SmallPipeline.shards(),
      "--run",
      SmallPipeline.scratch("progress-" + name).resolve("run"),
      "--stages",
      "contrast",
      "--config",
      SmallPipeline.configuration()
    };
  }

  private static Object[] plus(Object[] words, Object... more) {
    return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray();
  }

  /** What a terminal of that TERM gets to show when the launcher runs on it. */
  private static String onTerminal(String term, Object... words) {
    Path script = Tools.require("script", "Debian: apt-get install bsdutils");
    StringBuilder command = new StringBuilder("env -u CI TERM=" + term + " " + Project.launcher());
    for (Object word : words) {
      command.append(" '").append(word).append('\'');
    }
    command.append(" -- --master 'local[2]'");
    return Programs.run(
            Project.scratch("work"),
            Map.of("COGAZE_MACHINE_MEMORY", "12g"),
            Duration.ofMinutes(5),
            List.of(script.toString(), "-qec", command.toString(), "/dev/null"))
        .expect(0)
        .out();
  }

  /** The lines that stay on the terminal: of each what stands behind the last clearing. */
  private static List<String> visible(String shown) {
    // Not lines(), which takes a lone carriage return for a line break too.
    return Arrays.stream(shown.replace("\r\n", "\n").stripTrailing().split("\n", -1))
        .map(line -> line.substring(Math.max(0, line.lastIndexOf(ERASE))).replace(ERASE, ""))
        .toList();
  }

  @Test
  void scriptsPassShellcheck() {
    Path shellcheck = Tools.require("shellcheck", "Debian: apt-get install shellcheck");
    Programs.run(
            Project.root(),
            Map.of(),
            Duration.ofMinutes(2),
            List.of(
                shellcheck.toString(),
                "cogaze",
                ".ci/run",
                "jobs/src/main/spark-home/bin/spark-submit"))
        .expect(0);
  }

  private Path sparkHomeThatPrintsItsArguments() throws IOException {
    Path home = temporary.resolve("spark");
    Files.createDirectories(home.resolve("bin"));
    script(
        home.resolve("bin/spark-submit"),
        "for word in \"$@\"; do printf '[%s]\\n' \"$word\"; done\nexit 42\n");
    return home;
  }

  private static void script(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + body);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
