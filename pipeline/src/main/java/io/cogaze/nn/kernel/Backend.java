package io.cogaze.nn.kernel;

import java.net.URL;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What ND4J computes on: one of the back ends that the build put on the class path. */
public enum Backend {
  /** The processor; the default build. */
  CPU,
  /** NVIDIA graphics processors; the build profiles {@code cuda} and {@code cuda-hopper}. */
  CUDA;

  private static final String CUDA_CLASS = "/org/nd4j/linalg/jcublas/JCublasBackend.class";
  // Where the releases M2.1 and M1.1 of ND4J keep it, the build with cuDNN first.
  private static final List<String> CUDA_LIBRARIES =
      List.of(
          "/org/nd4j/linalg/jcublas/bindings/linux-x86_64-cudnn/libnd4jcuda.so",
          "/org/nd4j/linalg/jcublas/bindings/linux-x86_64/libnd4jcuda.so",
          "/org/nd4j/nativeblas/linux-x86_64-cudnn/libnd4jcuda.so",
          "/org/nd4j/nativeblas/linux-x86_64/libnd4jcuda.so");

  /** The one that this process uses. Loads no class of ND4J. */
  public static Backend current() {
    return Backend.class.getResource(CUDA_CLASS) == null ? CPU : CUDA;
  }

  /** The native library with the kernels for graphics processors, where the build has one. */
  public static Optional<URL> cudaLibrary() {
    return CUDA_LIBRARIES.stream()
        .map(Backend.class::getResource)
        .filter(Objects::nonNull)
        .findFirst();
  }
}
