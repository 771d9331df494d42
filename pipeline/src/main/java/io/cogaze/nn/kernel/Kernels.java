package io.cogaze.nn.kernel;

/** The kernel that layers use. */
public final class Kernels {
  /**
   * Forces a kernel: {@code onednn} or {@code reference}. Builds for CUDA have the reference alone,
   * because arrays lie on the graphics processor there.
   */
  public static final String PROPERTY = "cogaze.kernel";

  /** {@code false} switches Winograd's algorithm off. */
  public static final String WINOGRAD_PROPERTY = "cogaze.kernel.winograd";

  private static final Kernel REFERENCE = new Nd4jKernel();
  private static final Kernel CHOSEN = choose();

  private Kernels() {}

  /** The kernel of this process. */
  public static Kernel get() {
    return CHOSEN;
  }

  private static Kernel choose() {
    String forced = System.getProperty(PROPERTY, "");
    if (forced.equals("reference") || Backend.current() == Backend.CUDA) {
      return REFERENCE;
    }
    return new OneDnnKernel(
        REFERENCE,
        new ConvolutionRule(!"false".equals(System.getProperty(WINOGRAD_PROPERTY))),
        true);
  }
}
