package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Both Sparks take the jar, on one JVM and on several. */
class SparkHomeTest {
  @TempDir private Path temporary;

  /** Spark keeps a copy of the jar for each executor of local-cluster. */
  @AfterEach
  void removeExecutorFolders() throws IOException {
    Folders.delete(Project.sparkHome().resolve("work"));
  }

  @Test
  void theAssembledSparkHoldsTheJarsOfTheStockOne() throws IOException {
    Set<String> stock = fileNames(SparkHome.STOCK);
    Set<String> assembled = fileNames(SparkHome.ASSEMBLED);
    // Maven brings it with tink; the distribution's makers leave it out.
    assembled.removeIf(name -> name.startsWith("protobuf-java-"));
    assertThat(stock).containsAll(assembled);
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void exitCodesPassThroughSparkSubmit(SparkHome home) {
    assertThat(home.submit("local[1]", "--version").expect(0).out()).contains("0.1.0");
    assertThat(home.submit("local[1]", "no-such-command").expect(1).err())
        .contains("no-such-command");
  }

  @Test
  void arraysTravelToATaskThatHasTheLimitsOfTheLauncher() throws IOException {
    arraysTravel(SparkHome.ASSEMBLED, "local[2]");
  }

  @Tag("cluster")
  @ParameterizedTest(name = "{0}")
  @EnumSource
  void arraysTravelToExecutorsThatHaveTheLimitsOfTheLauncher(SparkHome home) throws IOException {
    arraysTravel(home, "local-cluster[2,1,2048]");
  }

  /** The line that --dry-run shows, with another main class: so the line itself is put to work. */
  private void arraysTravel(SparkHome home, String master) throws IOException {
    Path probe = probeJar();
    Cogaze cogaze = new Cogaze().master(master);
    if (home == SparkHome.STOCK) {
      cogaze = cogaze.on(home);
    }
    String shown = cogaze.run("probe", "--dry-run").expect(0).out();
    String line = shown.lines().skip(1).findFirst().orElseThrow().strip();
    String submission = "--class io.cogaze.jobs.Main " + Project.jar() + " probe";
    assertThat(line).endsWith(submission);
    String changed =
        line.replace(
            submission,
            "--class " + ExecutorProbe.class.getName() + " --jars " + Project.jar() + " " + probe);

    Completed done =
        Programs.run(temporary, java.util.Map.of(), cogaze.limit(), List.of("bash", "-c", changed));

    boolean cluster = master.startsWith("local-cluster");
    assertThat(done.expect(0).out())
        .contains("sum 12.0")
        .contains("processes " + (cluster ? 2 : 1))
        .contains("omp-threads [1]")
        .contains("time-source [org.deeplearning4j.spark.time.SystemClockTimeSource]")
        .contains("off-heap [" + offHeap(shown, cluster ? "executor" : "one JVM") + "m]")
        .contains("serializer org.apache.spark.serializer.KryoSerializer");
    assertThat(done.err()).as("the terminal stays quiet").doesNotContain("INFO");
  }

  private static String offHeap(String shown, String who) {
    return shown
        .lines()
        .filter(line -> line.strip().startsWith(who))
        .map(line -> line.replaceFirst(".*off-heap (\\d+).*", "$1"))
        .findFirst()
        .orElseThrow();
  }

  private static Set<String> fileNames(SparkHome home) throws IOException {
    return JarTest.jars(home).stream()
        .map(jar -> jar.getFileName().toString())
        .collect(Collectors.toSet());
  }

  private Path probeJar() throws IOException {
    Path jar = temporary.resolve("probe.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      for (Class<?> type : List.of(ExecutorProbe.class, ExecutorProbe.Seen.class)) {
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
