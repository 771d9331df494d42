package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The bundle for GPU machines. There is no GPU here: its way is proved with the build for the CPU.
 */
class GpuBundleTest {
  private static final Path PACK = Project.root().resolve("deploy/gpu/pack.sh");
  private static final Path SELF_TEST = Project.root().resolve("deploy/gpu/selftest.sh");

  @TempDir private Path folder;

  private Completed run(Map<String, String> environment, Object... words) {
    List<String> command = List.of(words).stream().map(Object::toString).toList();
    return Programs.run(folder, environment, Duration.ofMinutes(20), command);
  }

  @Test
  void scriptsPassShellcheck() {
    Path shellcheck = Tools.require("shellcheck", "Debian: apt-get install shellcheck");
    run(Map.of(), shellcheck, PACK, SELF_TEST).expect(0);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "--profile=x, '\"--profile=x\" is no option'",
    "--profile, --profile needs a value",
    "--output, --output needs a value",
    "--skip-build, '--profile must be cpu, cuda or cuda-hopper'"
  })
  void packingExplainsAWrongOption(String option, String message) {
    assertThat(run(Map.of(), PACK, option).expect(1).err()).contains(message);
  }

  @Test
  void packingNeverWritesIntoAFolderThatIsThere() {
    assertThat(run(Map.of(), PACK, "--profile", "cpu", "--output", folder).expect(1).err())
        .contains(folder + " exists already");
    // Also from elsewhere: a relative name is that of the folder that the script is started in.
    Path here = folder.resolve("docs");
    assertThat(here.toFile().mkdir()).isTrue();
    assertThat(run(Map.of(), PACK, "--profile", "cpu", "--output", "docs").expect(1).err())
        .contains(here + " exists already");
  }

  @Test
  void theSelfTestOutsideOfABundleIsExplained() {
    assertThat(run(Map.of(), SELF_TEST).expect(1).err()).contains("is no bundle");
    assertThat(run(Map.of(), SELF_TEST, "--output", "").expect(1).err())
        .contains("--output is empty");
    assertThat(run(Map.of(), SELF_TEST, "--threads", "none").expect(1).err())
        .contains("--threads must be a whole number");
    assertThat(run(Map.of(), SELF_TEST, "--help").expect(0).out())
        .contains("--output FOLDER", "--quick", "Ends with 0");
  }

  @Test
  @Tag("long")
  void aBundleTestsItselfWithNothingButItsFiles() throws IOException {
    Tools.require("mvn", "Debian: apt-get install maven");
    Tools.require("unzip", "Debian: apt-get install unzip");
    Path bundle = folder.resolve("a bundle");
    run(Map.of(), PACK, "--profile", "cpu", "--skip-build", "--output", bundle).expect(0);
    assertThat(Files.readString(bundle.resolve("bundle.properties"))).contains("profile=cpu\n");
    run(Map.of(), "sh", "-c", "cd 'a bundle' && sha256sum --check --quiet SHA256SUMS").expect(0);

    Map<String, String> bare = Map.of("PATH", "/usr/bin:/bin", "JAVA_HOME", "");
    Completed done =
        run(bare, bundle.resolve("selftest.sh"), "--quick", "--threads", "2", "--output", "out")
            .expect(0);
    assertThat(done.out())
        .containsPattern("(?m)^java +ok .* of the bundle, build profile cpu, 2 threads$")
        .containsPattern("(?m)^doctor +ok ")
        .containsPattern("(?m)^layer tests +ok +\\d+ +[1-9]\\d+ passed, 0 failed$")
        .containsPattern("(?m)^training step +ok +\\d+ +kernel=\\w+ library=\\S+ loss=")
        .containsPattern("(?m)^bench train +ok .*densenet121:64x64:2 train, 2 threads: [0-9.]+ s a")
        .containsPattern("(?m)^bench inference +ok .* [0-9.]+ s a step .* peak \\d+ MiB");
    assertThat(Files.readString(folder.resolve("out/table.txt"))).isEqualTo(done.out());

    // A library that is damaged on the way is found, and the rest is not started.
    Path jar = bundle.resolve("lib/cogaze-jobs.jar");
    byte[] bytes = Files.readAllBytes(jar);
    Files.write(jar, Arrays.copyOf(bytes, bytes.length / 2));
    Completed broken = run(bare, bundle.resolve("selftest.sh"), "--output", "broken").expect(3);
    assertThat(broken.out())
        .containsPattern("(?m)^doctor +FAILED ")
        .containsPattern("(?m)^bench train +not run ");
  }
}
