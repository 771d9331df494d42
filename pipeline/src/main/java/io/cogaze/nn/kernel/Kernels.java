package io.cogaze.nn.kernel;

import io.cogaze.error.ConfigurationException;
import io.cogaze.error.RunException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The kernel that layers use: oneDNN where it can run (Linux on x86-64 with AVX2, its library on
 * the class path), else the reference. {@value #PROPERTY} forces one.
 */
public final class Kernels {
  /**
   * Forces a kernel: {@code onednn} or {@code reference}. Builds for CUDA have the reference alone,
   * because arrays lie on the graphics processor there.
   */
  public static final String PROPERTY = "cogaze.kernel";

  /** {@code false} switches Winograd's algorithm off; {@code true} is the default. */
  public static final String WINOGRAD_PROPERTY = "cogaze.kernel.winograd";

  private static final Kernel REFERENCE = new Nd4jKernel();
  private static final Kernel CHOSEN =
      choose(System.getProperty(PROPERTY, ""), System.getProperty(WINOGRAD_PROPERTY, "true"));

  private Kernels() {}

  private static final ThreadLocal<Kernel> OF_THREAD = ThreadLocal.withInitial(() -> CHOSEN);

  /** The kernel of this process. */
  public static Kernel get() {
    return OF_THREAD.get();
  }

  /** Does some work with another kernel on this thread, so that two can be compared. */
  static <T> T with(Kernel kernel, Supplier<T> work) {
    Kernel before = OF_THREAD.get();
    OF_THREAD.set(kernel);
    try {
      return work.get();
    } finally {
      OF_THREAD.set(before);
    }
  }

  /**
   * The kernel for the values of {@link #PROPERTY} and {@link #WINOGRAD_PROPERTY}. Errors: {@link
   * ConfigurationException} for other values than they have, {@link RunException} for a kernel that
   * cannot run here.
   */
  static Kernel choose(String forced, String winogradSwitch) {
    boolean winograd = isOn(winogradSwitch);
    if (Backend.current() == Backend.CUDA) {
      return REFERENCE;
    }
    return switch (forced) {
      case "reference" -> REFERENCE;
      case "onednn", "" -> {
        Optional<String> obstacle = OneDnn.obstacle();
        if (obstacle.isEmpty()) {
          yield new OneDnnKernel(REFERENCE, new ConvolutionRule(winograd), OneDnn.blocked());
        }
        if (!forced.isEmpty()) {
          throw new RunException(
              "The kernel 'onednn' that -D"
                  + PROPERTY
                  + " asks for cannot run here: "
                  + obstacle.get()
                  + ". Leave the property out, or set it to 'reference'");
        }
        yield REFERENCE;
      }
      default ->
          throw new ConfigurationException(
              "There is no kernel '"
                  + forced
                  + "' as -D"
                  + PROPERTY
                  + " asks for; expected 'onednn' or 'reference', or nothing for the faster one"
                  + " that runs here");
    };
  }

  private static boolean isOn(String winograd) {
    return switch (winograd) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new ConfigurationException(
              "-D" + WINOGRAD_PROPERTY + " is '" + winograd + "'; expected 'true' or 'false'");
    };
  }

  /** What decides the bits that the kernel computes, for provenance and for people. */
  public static String description() {
    return CHOSEN instanceof OneDnnKernel kernel ? kernel.description() : CHOSEN.name();
  }
}
