package io.cogaze.jobs.bench;

import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.kernel.NativeLibrary;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The instructions that all sides of a comparison may use. */
public enum InstructionSet {
  /** All that the processor has. */
  NATIVE(List.of(), Map.of()),
  /** What processors without AVX-512 have: each library is told so in its own way. */
  AVX2(
      List.of("-D" + NativeLibrary.ISA_PROPERTY + "=avx2", "-XX:UseAVX=2"),
      Map.of(
          "DNNL_MAX_CPU_ISA", "AVX2",
          "ONEDNN_MAX_CPU_ISA", "AVX2",
          "ATEN_CPU_CAPABILITY", "avx2",
          "MKL_ENABLE_INSTRUCTIONS", "AVX2",
          "OPENBLAS_CORETYPE", "Haswell"));

  private final List<String> jvmOptions;
  private final Map<String, String> environment;

  InstructionSet(List<String> jvmOptions, Map<String, String> environment) {
    this.jvmOptions = jvmOptions;
    this.environment = environment;
  }

  /** Errors: {@link ConfigurationException} for another name than those of the constants. */
  public static InstructionSet named(String name) {
    return switch (name.strip().toLowerCase(Locale.ROOT)) {
      case "native" -> NATIVE;
      case "avx2" -> AVX2;
      default ->
          throw new ConfigurationException("--isa is '" + name + "', but must be native or avx2.");
    };
  }

  List<String> jvmOptions() {
    return jvmOptions;
  }

  Map<String, String> environment() {
    return environment;
  }
}
