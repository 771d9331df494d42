package io.cogaze.nn.kernel;

import org.nd4j.linalg.factory.Nd4j;

/** What computes in this process: two processes of one description compute the same bits. */
public final class Engine {
  private Engine() {}

  /**
   * Kernel and native library, for instance {@code onednn, blocks of 16 channels, winograd;
   * linux-x86_64-onednn-avx512}. Loads ND4J.
   */
  public static String description() {
    NativeLibrary.prepare();
    Nd4j.getExecutioner();
    return Kernels.description()
        + NativeLibrary.mappedClassifier().map(classifier -> "; " + classifier).orElse("");
  }
}
