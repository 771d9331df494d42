package io.cogaze.jobs.doctor;

import io.cogaze.jobs.doctor.DeviceCode.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Compares graphics processors with the code of a native library, before a kernel fails. */
final class GpuChecks {
  /** The first driver of CUDA 11 by NVIDIA's rule of minor-version compatibility. */
  private static final int OLDEST_DRIVER = 450;

  private static final Pattern DRIVER = Pattern.compile("(\\d{1,5})\\..*");

  private GpuChecks() {}

  /**
   * Judges one graphics processor.
   *
   * @param carried the code of the native library that will be used; empty for a build for the CPU
   */
  static GpuReport report(Gpu gpu, Optional<DeviceCode> carried) {
    return new GpuReport(
        gpu,
        carried.flatMap(code -> gpu.capability().map(code::fit)),
        gpu.capability().flatMap(BuildProfile::fitting));
  }

  static Check check(int index, GpuReport report, Optional<DeviceCode> carried) {
    Gpu gpu = report.gpu();
    String name = "gpu " + index;
    String value = describe(gpu);
    if (carried.isEmpty()) {
      return Check.note(name, value, adviceWithoutCode(report));
    }
    if (gpu.driver().isEmpty() && !gpu.source().equals(Doctor.PRETENDED)) {
      return Check.wrong(name, value, "no driver is loaded: install NVIDIA's driver");
    }
    if (isOld(gpu.driver())) {
      return Check.wrong(
          name, value, "the driver is too old: CUDA 11 needs " + OLDEST_DRIVER + ".80 or newer");
    }
    if (report.fit().isEmpty()) {
      return Check.note(
          name,
          value,
          "its compute capability is unknown; look it up and ask with --gpu, for instance --gpu 8.6");
    }
    return switch (report.fit().get()) {
      case MACHINE_CODE -> Check.ok(name, value + "; the native library has machine code for it");
      case PTX ->
          Check.note(
              name,
              value
                  + "; the native library has only PTX for it, which the driver compiles at the"
                  + " first start",
              "allow for many minutes once, and keep the result: set CUDA_CACHE_PATH to a folder"
                  + " that stays and CUDA_CACHE_MAXSIZE=4294967296");
      case NONE ->
          Check.wrong(
              name,
              value,
              "the native library has no code for it ("
                  + carried(carried.get())
                  + "): every kernel would fail with \"no kernel image is available\"; "
                  + profileAdvice(report));
    };
  }

  /** What a library carries, in words. */
  static String carried(DeviceCode code) {
    NavigableSet<ComputeCapability> ptx = code.targets(Kind.PTX);
    return code.fatBinaries()
        + " fat binaries, machine code for "
        + list(code.targets(Kind.MACHINE_CODE))
        + ", PTX "
        + (ptx.isEmpty() ? "none" : "of " + list(ptx));
  }

  private static String list(NavigableSet<ComputeCapability> targets) {
    return targets.isEmpty()
        ? "none"
        : targets.stream().map(ComputeCapability::toString).collect(Collectors.joining(" "));
  }

  private static String adviceWithoutCode(GpuReport report) {
    if (report.gpu().capability().isEmpty()) {
      return "this build computes on the CPU; the compute capability, which chooses the build"
          + " profile, is unknown: look it up and ask with --gpu, for instance --gpu 8.6";
    }
    return "this build computes on the CPU; " + profileAdvice(report);
  }

  private static String profileAdvice(GpuReport report) {
    return report
        .profile()
        .map(profile -> "build with mvn -P" + profile.id() + " package to use it")
        .orElse("no build profile has code for it: use the build for the CPU");
  }

  private static String describe(Gpu gpu) {
    List<String> parts = new ArrayList<>(List.of(gpu.name()));
    gpu.capability().ifPresent(capability -> parts.add("compute capability " + capability));
    if (!gpu.driver().isEmpty()) {
      parts.add("driver " + gpu.driver());
    }
    gpu.memoryMib()
        .ifPresent(mib -> parts.add(String.format(Locale.ROOT, "%.1f GiB", mib / 1024.0)));
    return String.join(", ", parts) + " (" + gpu.source() + ")";
  }

  private static boolean isOld(String driver) {
    Matcher matcher = DRIVER.matcher(driver);
    return matcher.matches() && Integer.parseInt(matcher.group(1)) < OLDEST_DRIVER;
  }
}
