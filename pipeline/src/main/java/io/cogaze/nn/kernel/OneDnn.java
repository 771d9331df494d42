package io.cogaze.nn.kernel;

import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/** Whether and how oneDNN runs in this process. */
final class OneDnn {
  private OneDnn() {}

  /** Why oneDNN cannot run here, if it cannot. */
  static Optional<String> obstacle() {
    if (NativeLibrary.cpu().isEmpty()) {
      return Optional.of("it is built for Linux on x86-64 with AVX2");
    }
    try {
      Loader.load(org.bytedeco.dnnl.global.dnnl.class);
      return Optional.empty();
    } catch (LinkageError e) {
      return Optional.of("its library could not be loaded (" + e.getMessage() + ")");
    }
  }

  /** Whether the CPU has what blocks of 16 channels are made for. */
  static boolean hasAvx512() {
    return NativeLibrary.cpu().equals(Optional.of(NativeLibrary.Variant.ONEDNN_AVX512));
  }
}
