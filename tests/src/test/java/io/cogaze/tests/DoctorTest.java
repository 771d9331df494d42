package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command doctor, through the launcher, as a job would run. */
class DoctorTest {
  @TempDir private Path folder;

  private static Cogaze cogaze() {
    return new Cogaze().master("local[2]").with("OMP_NUM_THREADS", "2");
  }

  @Test
  void looksAtTheMachineAsJson() {
    Completed done = cogaze().run("doctor", "--json", "--folder", folder).expect(0);
    JsonNode found = Json.parse(done.out());
    assertThat(found.path("ok").asBoolean()).isTrue();
    assertThat(found.path("backend").asText()).isEqualTo("cpu");
    assertThat(found.path("checks").findValuesAsText("name"))
        .startsWith("cogaze", "java", "os", "cpu", "spark", "threads", "limits")
        .contains("memory", "native variant", "native library", "kernel", "folder " + folder);
    assertThat(check(found, "threads").path("value").asText())
        .contains("OMP_NUM_THREADS 2", "master local[2]");
    assertThat(check(found, "spark").path("value").asText()).startsWith("3.5.5, ");
    assertThat(check(found, "native library").path("value").asText())
        .contains("/" + check(found, "native variant").path("value").asText() + "/");
  }

  private static JsonNode check(JsonNode found, String name) {
    for (JsonNode check : found.path("checks")) {
      if (check.path("name").asText().equals(name)) {
        return check;
      }
    }
    throw new AssertionError(name + " is not among " + found);
  }

  @Test
  void namesTheProfileForAGpuThatIsElsewhere() {
    Completed done = cogaze().run("doctor", "--gpu", "9.0", "--gpu", "7.5").expect(0);
    assertThat(done.out())
        .containsPattern("(?m)^note +gpu 0 +any, compute capability 9.0")
        .contains("build with mvn -Pcuda-hopper package", "build with mvn -Pcuda package");
  }

  @Test
  void endsWithThreeWhenSomethingWouldNotRun() throws IOException {
    Path file = Files.writeString(folder.resolve("libnd4jcuda.so"), "cut off");
    Completed failed = cogaze().run("doctor", "--library", file).expect(3);
    assertThat(failed.out())
        .containsPattern("(?m)^wrong +gpu code +unreadable")
        .contains("it is no ELF file");
    assertThat(failed.err()).contains("Jobs would not run here: gpu code (unreadable).");
  }

  @Test
  void aCapabilityThatIsNoneIsExplained() {
    assertThat(cogaze().run("doctor", "--gpu", "sm_90").expect(1).err())
        .contains("Cannot understand --gpu 'sm_90'");
  }
}
