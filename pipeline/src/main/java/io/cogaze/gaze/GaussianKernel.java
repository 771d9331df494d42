package io.cogaze.gaze;

/**
 * A Gaussian cut at a radius: weight exp(-d^2 / (2 sigma^2)) for whole distances d up to the
 * radius.
 *
 * @param sigmaPx standard deviation in pixels of the map
 * @param radiusPx largest distance that still gets weight, whole pixels
 */
public record GaussianKernel(double sigmaPx, int radiusPx) {
  /** Errors: {@link IllegalArgumentException} if sigma is not positive or the radius negative. */
  public GaussianKernel {
    if (!(sigmaPx > 0) || Double.isInfinite(sigmaPx) || radiusPx < 0 || radiusPx > 1_000_000) {
      throw new IllegalArgumentException(
          "A Gaussian needs sigma > 0 and a radius of 0 to 1000000 px, but sigma is "
              + sigmaPx
              + " and the radius "
              + radiusPx);
    }
  }

  /** A kernel cut at a number of standard deviations, rounded to whole pixels. */
  public static GaussianKernel cutAt(double sigmaPx, double truncate) {
    return new GaussianKernel(sigmaPx, (int) Math.min(1_000_000, Math.round(truncate * sigmaPx)));
  }

  /**
   * The kernel that OpenCV's GaussianBlur takes for a kernel size when sigma is not given: sigma =
   * 0.3 ((k - 1) / 2 - 1) + 0.8. Size 501, which EGD-CXR readers use at native resolution, gives
   * sigma 75.5 and radius 250.
   *
   * @param size odd number of taps
   */
  public static GaussianKernel ofOpenCvSize(int size) {
    if (size < 1 || size % 2 == 0) {
      throw new IllegalArgumentException("A kernel size is odd and positive, but is " + size);
    }
    return new GaussianKernel(0.3 * ((size - 1) * 0.5 - 1) + 0.8, size / 2);
  }

  /** The kernel for a map reduced by a factor: sigma and radius shrink with it. */
  public GaussianKernel reducedBy(double factor) {
    return new GaussianKernel(sigmaPx / factor, (int) Math.round(radiusPx / factor));
  }

  /** Weights at distances 0 to radius; the one at 0 is 1. */
  double[] weights() {
    double[] weights = new double[radiusPx + 1];
    for (int d = 0; d <= radiusPx; d++) {
      weights[d] = Math.exp(-(double) d * d / (2 * sigmaPx * sigmaPx));
    }
    return weights;
  }
}
