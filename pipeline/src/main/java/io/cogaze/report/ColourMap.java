package io.cogaze.report;

/**
 * A sequential colour map from dark violet over red to light yellow. Lightness rises linearly in
 * the Oklab space (Ottosson 2020), so equal steps of the value look like equal steps, in grey print
 * and to colour-blind readers too.
 */
final class ColourMap {
  private static final int STEPS = 256;
  private static final int[] RGB = new int[STEPS];

  static {
    for (int i = 0; i < STEPS; i++) {
      double t = i / (STEPS - 1.0);
      double lightness = 0.25 + 0.68 * t;
      double hue = Math.toRadians(-65 + 165 * t);
      double chroma = 0.17 - 0.09 * Math.pow(2 * t - 1, 2);
      RGB[i] = rgb(lightness, chroma * Math.cos(hue), chroma * Math.sin(hue));
    }
  }

  private ColourMap() {}

  /** The colour 0xRRGGBB of a value, which is clamped to [0,1]. */
  static int colour(double value) {
    return RGB[(int) Math.round(Math.max(0, Math.min(1, value)) * (STEPS - 1))];
  }

  /** Oklab lightness in [0,1] of a colour 0xRRGGBB. */
  static double lightness(int rgb) {
    double r = linear((rgb >> 16) & 0xFF);
    double g = linear((rgb >> 8) & 0xFF);
    double b = linear(rgb & 0xFF);
    double l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
  }

  private static int rgb(double lightness, double a, double b) {
    double l = Math.pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
    double m = Math.pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
    double s = Math.pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
    int red = encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
    int green = encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
    int blue = encode(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
    return red << 16 | green << 8 | blue;
  }

  private static int encode(double linear) {
    double c = Math.max(0, Math.min(1, linear));
    double srgb = c <= 0.0031308 ? 12.92 * c : 1.055 * Math.pow(c, 1 / 2.4) - 0.055;
    return (int) Math.round(srgb * 255);
  }

  private static double linear(int channel) {
    double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
  }
}
