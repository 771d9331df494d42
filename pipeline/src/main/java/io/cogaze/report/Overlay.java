package io.cogaze.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Draws a picture, or a picture under a saliency map, as a PNG data URI. Where a map is 0 the
 * picture shows through unchanged.
 */
final class Overlay {
  /** Share of the colour where the map has its maximum. */
  private static final double OPACITY = 0.8;

  /** The lightest colour is never given to a map that is flatter than this. */
  private static final double LEAST_PEAK = 4;

  private Overlay() {}

  /** The grey picture alone. */
  static String picture(Raster raster, int maxSidePx) {
    return dataUri(draw(raster.reducedTo(maxSidePx), null));
  }

  /**
   * The picture under a map.
   *
   * @param map shape [height * width] of the raster, values of at least 0
   * @param top how many times the map's mean has the lightest colour, see {@link #commonPeak}
   */
  static String under(Raster raster, float[] map, double top, int maxSidePx) {
    Raster grey = raster.reducedTo(maxSidePx);
    float[] heat = new Raster(raster.height(), raster.width(), map).reducedTo(maxSidePx).values();
    double mean = mean(map);
    float[] shares = new float[heat.length];
    for (int i = 0; i < heat.length && mean > 0; i++) {
      shares[i] = (float) Math.min(1, heat[i] / (mean * top));
    }
    return dataUri(draw(grey, shares));
  }

  /**
   * The scale for maps that are shown side by side: the highest of their peaks, in multiples of a
   * map's mean, so that a nearly uniform map does not look as if it pointed everywhere strongly.
   */
  static double commonPeak(List<float[]> maps) {
    return Math.max(LEAST_PEAK, maps.stream().mapToDouble(Overlay::peakOverMean).max().orElse(0));
  }

  /** Peak of a map over its mean: 1 when it is uniform, 0 when it is empty. */
  static double peakOverMean(float[] map) {
    double mean = mean(map);
    double peak = 0;
    for (float value : map) {
      peak = Math.max(peak, value);
    }
    return mean > 0 ? peak / mean : 0;
  }

  private static double mean(float[] map) {
    double sum = 0;
    for (float value : map) {
      sum += value;
    }
    return sum / map.length;
  }

  /**
   * The picture, coloured.
   *
   * @param heat shares of the lightest colour in [0,1]; null for none
   */
  private static BufferedImage draw(Raster grey, float[] heat) {
    BufferedImage image =
        new BufferedImage(grey.width(), grey.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < grey.height(); y++) {
      for (int x = 0; x < grey.width(); x++) {
        int i = y * grey.width() + x;
        double level = Math.max(0, Math.min(1, grey.values()[i])) * 255;
        double value = heat == null ? 0 : heat[i];
        double opacity = OPACITY * Math.sqrt(value);
        int colour = ColourMap.colour(value);
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
          double channel = (1 - opacity) * level + opacity * ((colour >> shift) & 0xFF);
          rgb |= (int) Math.round(channel) << shift;
        }
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  private static String dataUri(BufferedImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, "png", out)) {
        throw new IllegalStateException("This JVM has no PNG writer");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Writing a PNG to memory", e);
    }
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  /**
   * Values on a grid.
   *
   * @param values shape [height * width], row-major
   */
  record Raster(int height, int width, float[] values) {
    Raster {
      if (values.length != height * width) {
        throw new IllegalArgumentException(
            "A raster of " + height + " x " + width + " has " + values.length + " values");
      }
    }

    /** Reduced by whole-number box averaging until no side is longer than this. */
    Raster reducedTo(int maxSidePx) {
      int factor = Math.max(1, ceilDiv(Math.max(height, width), maxSidePx));
      if (factor == 1) {
        return this;
      }
      int h = ceilDiv(height, factor);
      int w = ceilDiv(width, factor);
      float[] out = new float[h * w];
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          double sum = 0;
          int n = 0;
          for (int dy = y * factor; dy < Math.min(height, (y + 1) * factor); dy++) {
            for (int dx = x * factor; dx < Math.min(width, (x + 1) * factor); dx++) {
              sum += values[dy * width + dx];
              n++;
            }
          }
          out[y * w + x] = (float) (sum / n);
        }
      }
      return new Raster(h, w, out);
    }

    private static int ceilDiv(int a, int b) {
      return (a + b - 1) / b;
    }
  }
}
