package io.cogaze.jobs.doctor;

import io.cogaze.error.InputException;
import io.cogaze.nn.kernel.Backend;
import io.cogaze.run.Versions;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;

/**
 * Examines the machine that it runs on. With a build for CUDA nothing of CUDA is loaded: what the
 * library carries is read from the file, so that a graphics processor that it cannot serve is named
 * before a kernel fails.
 */
public final class Doctor {
  /** Where a graphics processor comes from that the user asked about. */
  static final String PRETENDED = "as asked";

  private static final String SPARK_BUILT_FOR = "3.5";

  /** Unpacked, the largest library of the builds for CUDA. */
  private static final long CUDA_LIBRARY_BYTES = 1_000_000_000;

  private final Machine machine;
  private final Backend backend;
  private final Consumer<Check> listener;
  private final List<Check> checks = new ArrayList<>();

  /**
   * Options of an examination.
   *
   * @param devices graphics processors to judge instead of those of the machine
   * @param library the native library to compare them with; empty for the one of this build
   * @param folders further folders that must be writable
   */
  public record Request(
      List<ComputeCapability> devices, Optional<Path> library, List<Path> folders) {}

  /**
   * An examination.
   *
   * @param listener gets each check as soon as it is done
   */
  public Doctor(Machine machine, Backend backend, Consumer<Check> listener) {
    this.machine = machine;
    this.backend = backend;
    this.listener = listener;
  }

  /** Examines everything. */
  public Diagnosis examine(Request request) throws InterruptedException {
    SystemChecks system = new SystemChecks(machine);
    // First of all, because asking ND4J or JavaCPP for anything settles which library is loaded.
    Check variant =
        backend == Backend.CPU
            ? NativeChecks.variant(machine.text(SystemChecks.CPUINFO).orElse(""))
            : Check.ok("native variant", Backend.cudaLibrary().map(URL::getPath).orElse("none"));
    note(system.cogaze());
    note(system.java());
    note(system.os());
    note(system.cpu());
    note(spark());
    note(system.threads());
    note(system.limits());
    folders(request.folders());
    note(variant);
    note(system.memory(Runtime.getRuntime().maxMemory(), Pointer.maxBytes()));
    Optional<DeviceCode> code = code(request.library());
    List<GpuReport> gpus = gpus(request.devices(), code);
    if (backend == Backend.CUDA) {
      note(cudaLibraries());
    } else {
      note(NativeChecks.library(variant));
    }
    note(NativeChecks.kernel());
    return new Diagnosis(List.copyOf(checks), gpus, code);
  }

  private void note(Check check) {
    checks.add(check);
    listener.accept(check);
  }

  private Check spark() {
    String version = Versions.current().spark();
    String home =
        machine
            .environment()
            .getOrDefault(
                "SPARK_HOME",
                SparkConf.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    String value = version + ", " + home;
    return version.startsWith(SPARK_BUILT_FOR + ".")
        ? Check.ok("spark", value)
        : Check.wrong("spark", value, "CoGaze is built for Spark 3.5 with Scala 2.12");
  }

  private void folders(List<Path> further) {
    Map<String, Path> folders = new LinkedHashMap<>();
    folders.put("temporary", Path.of(System.getProperty("java.io.tmpdir")));
    folders.put("working", Path.of("").toAbsolutePath());
    String local =
        machine
            .environment()
            .getOrDefault("SPARK_LOCAL_DIRS", System.getProperty("spark.local.dir"));
    if (local != null) {
      Pattern.compile(",")
          .splitAsStream(local)
          .forEach(folder -> folders.put("of Spark " + folder, Path.of(folder)));
    }
    further.forEach(folder -> folders.put(folder.toString(), folder));
    folders.forEach((name, folder) -> note(FolderChecks.check(name, folder, 0)));
    try {
      note(
          FolderChecks.check(
              "of JavaCPP's cache",
              Loader.getCacheDir().toPath(),
              backend == Backend.CUDA ? CUDA_LIBRARY_BYTES : 0));
    } catch (IOException e) {
      note(
          Check.wrong(
              "folder of JavaCPP's cache",
              e.toString(),
              "name a writable one with -Dorg.bytedeco.javacpp.cachedir=FOLDER"));
    }
  }

  /** What the native library carries; nothing for a build without code for graphics processors. */
  private Optional<DeviceCode> code(Optional<Path> given) {
    try {
      Optional<Path> library = given;
      Optional<URL> shipped = Backend.cudaLibrary();
      if (library.isEmpty() && shipped.isPresent()) {
        library = Optional.of(Loader.cacheResource(shipped.get()).toPath());
      }
      if (library.isEmpty()) {
        if (backend == Backend.CUDA) {
          note(Check.wrong("gpu code", "the jar has no native library of CUDA", "build it anew"));
        }
        return Optional.empty();
      }
      if (!Files.isRegularFile(library.get())) {
        throw new InputException(
            "Cannot read the native library " + library.get() + ": no such file.");
      }
      DeviceCode code = DeviceCode.read(library.get());
      note(Check.ok("gpu code", GpuChecks.carried(code) + " (" + library.get() + ")"));
      return Optional.of(code);
    } catch (IOException | InputException e) {
      note(Check.wrong("gpu code", "unreadable", e.getMessage()));
      return Optional.empty();
    }
  }

  private List<GpuReport> gpus(List<ComputeCapability> asked, Optional<DeviceCode> code)
      throws InterruptedException {
    List<Gpu> found =
        asked.isEmpty() ? new Gpus(machine).find() : asked.stream().map(Doctor::pretend).toList();
    if (found.isEmpty()) {
      note(
          backend == Backend.CUDA
              ? Check.wrong(
                  "gpu",
                  "none found",
                  "this build computes on NVIDIA's graphics processors only; use the build for the"
                      + " CPU here, or look at nvidia-smi")
              : Check.ok("gpu", "none found; this build computes on the CPU"));
    }
    List<GpuReport> reports = new ArrayList<>();
    for (Gpu gpu : found) {
      GpuReport report = GpuChecks.report(gpu, code);
      note(GpuChecks.check(reports.size(), report, code));
      reports.add(report);
    }
    return List.copyOf(reports);
  }

  private static Gpu pretend(ComputeCapability capability) {
    return new Gpu("any", "", Optional.of(capability), OptionalLong.empty(), PRETENDED);
  }

  private Check cudaLibraries() {
    List<String> wanted =
        new ArrayList<>(
            List.of(
                "libcuda.so.1",
                "libcudart.so.11.0",
                "libcublas.so.11",
                "libcublasLt.so.11",
                "libcusolver.so.11"));
    if (Backend.cudaLibrary().map(URL::getPath).orElse("").contains("cudnn")) {
      wanted.add("libcudnn.so.8");
    }
    List<String> missing = new SharedLibraries(machine).missing(wanted);
    return missing.isEmpty()
        ? Check.ok("cuda libraries", String.join(" ", wanted))
        : Check.wrong(
            "cuda libraries",
            "not found: " + String.join(" ", missing),
            "libcuda.so.1 comes with the driver; the others with CUDA 11 and cuDNN 8: put their"
                + " folder into LD_LIBRARY_PATH, or use a bundle made with deploy/gpu/pack.sh");
  }
}
