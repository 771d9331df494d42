package io.cogaze.jobs.doctor;

import io.cogaze.error.CogazeException;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.RunException;
import io.cogaze.nn.kernel.Kernels;
import io.cogaze.nn.kernel.NativeLibrary;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** Loads ND4J and computes a product. */
final class NativeChecks {
  private static final int SIZE = 8;
  private static final String VARIANT = "native variant";

  private NativeChecks() {}

  /**
   * Which build of the CPU's native library the flags ask for. Settles it for this process, and so
   * must come before anything of ND4J or JavaCPP is loaded.
   *
   * @param cpuinfo the text of /proc/cpuinfo
   */
  static Check variant(String cpuinfo) {
    try {
      NativeLibrary.Variant variant = NativeLibrary.choose(cpuinfo);
      NativeLibrary.prepare();
      return Check.ok(VARIANT, "linux-x86_64" + variant.extension());
    } catch (RunException | ConfigurationException e) {
      return Check.wrong(VARIANT, "none fits", e.getMessage());
    }
  }

  /**
   * Loads the library.
   *
   * @param variant the one that should be loaded
   */
  static Check library(Check variant) {
    if (variant.status() == Check.Status.WRONG) {
      return Check.wrong("native library", "not loaded: it would end this process", "");
    }
    try {
      float sum =
          Nd4j.ones(DataType.FLOAT, SIZE, SIZE)
              .mmul(Nd4j.ones(DataType.FLOAT, SIZE, SIZE))
              .sumNumber()
              .floatValue();
      String value = NativeLibrary.mapped().orElse("loaded; where from is not known here");
      if (sum != SIZE * SIZE * SIZE) {
        return Check.wrong("native library", value, "a product of ones came out wrong: " + sum);
      }
      return NativeLibrary.mappedClassifier().orElse(variant.value()).equals(variant.value())
          ? Check.ok("native library", value)
          : Check.note("native library", value, "another one fits this CPU: " + variant.value());
    } catch (LinkageError | RuntimeException e) {
      return Check.wrong(
          "native library",
          "cannot be loaded: " + rootOf(e),
          "delete JavaCPP's cache folder if the file system ran full while it was unpacked");
    }
  }

  /** Which implementation of the network's operations is used. */
  static Check kernel() {
    try {
      return Check.ok("kernel", Kernels.get().name());
    } catch (LinkageError | RuntimeException e) {
      return Check.wrong("kernel", "cannot be chosen: " + words(rootOf(e)), "see native library");
    }
  }

  private static Object words(Throwable failure) {
    return failure instanceof CogazeException ? failure.getMessage() : failure;
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root;
  }
}
