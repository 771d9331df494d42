package io.cogaze.nn.kernel;

import io.cogaze.nn.kernel.NativeLibrary.Variant;
import java.util.Optional;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;

/** Whether and how oneDNN runs in this process. */
final class OneDnn {
  /** Looked up once: oneDNN takes a limit of its instructions before its first use alone. */
  private static final Optional<String> OBSTACLE = load();

  private OneDnn() {}

  /** Why oneDNN cannot run here, if it cannot. */
  static Optional<String> obstacle() {
    return OBSTACLE;
  }

  private static Optional<String> load() {
    Optional<Variant> variant = NativeLibrary.cpu();
    if (variant.isEmpty()) {
      return Optional.of("it is built for Linux on x86-64 with AVX2");
    }
    try {
      Loader.load(dnnl.class);
    } catch (LinkageError e) {
      return Optional.of("its library could not be loaded (" + e.getMessage() + ")");
    }
    if (variant.get() == Variant.ONEDNN_AVX2
        && dnnl.dnnl_set_max_cpu_isa(dnnl.dnnl_cpu_isa_avx2) != dnnl.dnnl_success
        && usesAvx512()) {
      return Optional.of("it could not be held to AVX2, because it was used before");
    }
    return Optional.empty();
  }

  /** The blocks that oneDNN's code for this process's instructions computes fastest on. */
  static Layout blocked() {
    return hasAvx512() ? Layout.BLOCKED_16 : Layout.BLOCKED_8;
  }

  /**
   * Whether oneDNN uses AVX-512 in this process, without which it has no Winograd: {@link
   * NativeLibrary#ISA_PROPERTY} or its own environment variable may hold it to less.
   */
  static boolean hasAvx512() {
    return OBSTACLE.isEmpty() && usesAvx512();
  }

  private static boolean usesAvx512() {
    int wanted = dnnl.dnnl_cpu_isa_avx512_core;
    return (dnnl.dnnl_get_effective_cpu_isa() & wanted) == wanted;
  }
}
