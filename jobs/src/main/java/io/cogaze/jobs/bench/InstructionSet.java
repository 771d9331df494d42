package io.cogaze.jobs.bench;

import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.kernel.NativeLibrary;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The instructions that a process may use. */
public enum InstructionSet {
  /** All that the processor has. */
  NATIVE,
  /** What processors without AVX-512 have. */
  AVX2;

  /** Errors: {@link ConfigurationException} for another name than those of the constants. */
  public static InstructionSet named(String name) {
    return switch (name.strip().toLowerCase(Locale.ROOT)) {
      case "native" -> NATIVE;
      case "avx2" -> AVX2;
      default ->
          throw new ConfigurationException("--isa is '" + name + "', but must be native or avx2.");
    };
  }

  /** Options that hold a JVM of CoGaze to it. */
  public List<String> jvmOptions() {
    return switch (this) {
      case NATIVE -> List.of();
      case AVX2 -> List.of("-D" + NativeLibrary.ISA_PROPERTY + "=avx2", "-XX:UseAVX=2");
    };
  }

  /**
   * Variables by which each library is told: the oneDNN of ND4J and PyTorch's, ATen, MKL, OpenBLAS.
   */
  public Map<String, String> environment() {
    return switch (this) {
      case NATIVE -> Map.of();
      case AVX2 ->
          Map.of(
              "DNNL_MAX_CPU_ISA", "AVX2",
              "ONEDNN_MAX_CPU_ISA", "AVX2",
              "ATEN_CPU_CAPABILITY", "avx2",
              "MKL_ENABLE_INSTRUCTIONS", "AVX2",
              "OPENBLAS_CORETYPE", "Haswell");
    };
  }
}
