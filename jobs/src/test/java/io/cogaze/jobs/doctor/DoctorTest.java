package io.cogaze.jobs.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.jobs.doctor.Check.Status;
import io.cogaze.jobs.doctor.DeviceCode.Fit;
import io.cogaze.nn.kernel.Backend;
import io.cogaze.nn.kernel.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The judgement over graphics processors, and a whole examination of the machine of the tests. */
class DoctorTest {
  @TempDir private Path folder;

  /** What is loaded first in the JVM of the tests counts for all of them. */
  @BeforeAll
  static void chooseTheNativeLibrary() {
    NativeLibrary.prepare();
  }

  private static Gpu gpu(String capability, String driver) {
    return new Gpu(
        "made", driver, ComputeCapability.parse(capability), OptionalLong.of(16_384), "nvidia-smi");
  }

  private DeviceCode code(int... targets) throws IOException {
    return DeviceCode.read(new MadeLibrary().with(targets).write(folder));
  }

  private static Check check(Gpu gpu, Optional<DeviceCode> code) {
    return GpuChecks.check(0, GpuChecks.report(gpu, code), code);
  }

  @Test
  void machineCodeIsFine() throws IOException {
    Check check = check(gpu("8.9", "535.1"), Optional.of(code(80, 86)));
    assertThat(check.status()).isEqualTo(Status.OK);
    assertThat(check.value())
        .isEqualTo(
            "made, compute capability 8.9, driver 535.1, 16.0 GiB (nvidia-smi); the native library"
                + " has machine code for it");
  }

  @Test
  void aKernelThatWouldFailIsNamedWithTheProfileThatFits() throws IOException {
    Check check = check(gpu("9.0", "550.1"), Optional.of(code(37, 80, 86)));
    assertThat(check.status()).isEqualTo(Status.WRONG);
    assertThat(check.advice())
        .contains("1 fat binaries, machine code for 3.7 8.0 8.6, PTX none")
        .contains("no kernel image is available")
        .endsWith("build with mvn -Pcuda-hopper package to use it");
    assertThat(check(gpu("3.0", "460.1"), Optional.of(code(80))).advice())
        .endsWith("no build profile has code for it: use the build for the CPU");
  }

  @Test
  void ptxRunsAfterTheDriverCompiledIt() throws IOException {
    Check check = check(gpu("9.0", "550.1"), Optional.of(code(80, 86, -86)));
    assertThat(check.status()).isEqualTo(Status.NOTE);
    assertThat(check.advice()).contains("CUDA_CACHE_PATH", "CUDA_CACHE_MAXSIZE");
  }

  @Test
  void driversMatterToo() throws IOException {
    Optional<DeviceCode> code = Optional.of(code(80));
    assertThat(check(gpu("8.0", ""), code).advice()).contains("no driver is loaded");
    assertThat(check(gpu("8.0", "440.33.01"), code).advice()).contains("450.80 or newer");
    assertThat(check(gpu("", "550.1"), code).status()).isEqualTo(Status.NOTE);
    assertThat(check(gpu("", "550.1"), code).advice()).contains("--gpu 8.6");
  }

  @Test
  void aBuildForTheCpuPointsAtTheProfileThatWouldUseTheGpu() {
    Check check = check(gpu("7.5", "550.1"), Optional.empty());
    assertThat(check.status()).isEqualTo(Status.NOTE);
    assertThat(check.advice())
        .isEqualTo("this build computes on the CPU; build with mvn -Pcuda package to use it");
    assertThat(check(gpu("", ""), Optional.empty()).advice()).contains("is unknown");
  }

  private Diagnosis examine(Backend backend, Doctor.Request request) throws InterruptedException {
    List<Check> heard = new ArrayList<>();
    Machine machine = new Machine(Path.of("/"), Map.of());
    Diagnosis diagnosis = new Doctor(machine, backend, heard::add).examine(request);
    assertThat(heard).isEqualTo(diagnosis.checks());
    return diagnosis;
  }

  private static Check named(Diagnosis diagnosis, String name) {
    return diagnosis.checks().stream()
        .filter(check -> check.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " is not in " + diagnosis.checks()));
  }

  @Test
  void theMachineOfTheTestsIsFine() throws Exception {
    Diagnosis diagnosis =
        examine(Backend.CPU, new Doctor.Request(List.of(), Optional.empty(), List.of(folder)));
    assertThat(diagnosis.wrong()).isEmpty();
    assertThat(named(diagnosis, "native library").value())
        .contains("/" + named(diagnosis, "native variant").value() + "/libnd4jcpu.so");
    assertThat(named(diagnosis, "kernel").value()).isIn("reference", "onednn");
    assertThat(named(diagnosis, "folder " + folder).status()).isEqualTo(Status.OK);
    assertThat(named(diagnosis, "spark").value()).startsWith("3.5.");
  }

  @Test
  void aFileWhereAFolderShouldBeIsExplainedInWords() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    Diagnosis diagnosis =
        examine(Backend.CPU, new Doctor.Request(List.of(), Optional.empty(), List.of(file)));
    assertThat(named(diagnosis, "folder " + file).status()).isEqualTo(Status.WRONG);
    assertThat(named(diagnosis, "folder " + file).value())
        .isEqualTo(file + ", not writable: it is a file");
  }

  @Test
  void aGivenLibraryIsComparedWithGivenGenerations() throws Exception {
    Path library = new MadeLibrary().with(80, -86).write(folder);
    Diagnosis diagnosis =
        examine(
            Backend.CPU,
            new Doctor.Request(
                List.of(
                    new ComputeCapability(8, 6),
                    new ComputeCapability(9, 0),
                    new ComputeCapability(7, 5)),
                Optional.of(library),
                List.of()));
    assertThat(named(diagnosis, "gpu code").value())
        .isEqualTo("1 fat binaries, machine code for 8.0, PTX of 8.6 (" + library + ")");
    assertThat(diagnosis.gpus())
        .extracting(report -> report.fit().orElseThrow())
        .containsExactly(Fit.MACHINE_CODE, Fit.PTX, Fit.NONE);
    assertThat(diagnosis.gpus())
        .extracting(report -> report.profile().orElseThrow())
        .containsExactly(BuildProfile.CUDA, BuildProfile.CUDA_HOPPER, BuildProfile.CUDA);
    assertThat(diagnosis.wrong()).extracting(Check::name).containsExactly("gpu 2");
  }

  @Test
  void anUnreadableLibraryIsAFinding() throws Exception {
    Path broken = Files.writeString(folder.resolve("broken.so"), "not a library");
    Doctor.Request request = new Doctor.Request(List.of(), Optional.of(broken), List.of());
    assertThat(named(examine(Backend.CPU, request), "gpu code").advice())
        .contains("it is no ELF file");
    request = new Doctor.Request(List.of(), Optional.of(folder.resolve("none.so")), List.of());
    assertThat(named(examine(Backend.CPU, request), "gpu code").advice())
        .contains("none.so: no such file");
  }

  @Test
  void aBuildForCudaWantsAGpuAndTheLibrariesOfCuda() throws Exception {
    Diagnosis diagnosis =
        new Doctor(new Machine(folder, Map.of()), Backend.CUDA, check -> {})
            .examine(new Doctor.Request(List.of(), Optional.empty(), List.of()));
    assertThat(diagnosis.wrong())
        .extracting(Check::name)
        .containsExactly("gpu code", "gpu", "cuda libraries");
    assertThat(named(diagnosis, "cuda libraries").value())
        .startsWith("not found: libcuda.so.1 libcudart.so.11.0");
  }
}
