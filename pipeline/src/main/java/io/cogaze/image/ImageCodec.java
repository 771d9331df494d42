package io.cogaze.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferUShort;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * PNG and JPEG files, told apart by their first bytes and never by their names. Grey values are the
 * stored ones divided by the largest that the bits allow (1 to 16 bits), without gamma; colours
 * become grey by their luma (ITU-R BT.601); transparency is ignored, because public masks carry a
 * channel of it that means nothing.
 *
 * <p>Errors: {@link ImageFormatException} for any damage, another format, or more than {@value
 * #MOST_PIXELS} pixels, which is checked before they are decoded.
 */
public final class ImageCodec {
  /** Largest number of pixels of a picture. */
  public static final int MOST_PIXELS = 50_000_000;

  private static final double RED = 0.299;
  private static final double GREEN = 0.587;
  private static final double BLUE = 0.114;

  private ImageCodec() {}

  /** The picture of a PNG or JPEG file, values of 0 to 1. */
  public static GreyImage readGrey(byte[] file) throws ImageFormatException {
    BufferedImage decoded = decode(file);
    int width = decoded.getWidth();
    GreyImage image = GreyImage.black(width, decoded.getHeight());
    RowReader rows = new RowReader(decoded);
    for (int y = 0; y < image.height(); y++) {
      rows.read(y, image.values(), y * width);
    }
    return image;
  }

  /** The mask of a PNG or JPEG file: inside where any colour channel is above 0. */
  public static BitMask readMask(byte[] file) throws ImageFormatException {
    BufferedImage decoded = decode(file);
    RowReader rows = new RowReader(decoded);
    float[] row = new float[decoded.getWidth()];
    int[] read = {-1};
    return BitMask.of(
        decoded.getWidth(),
        decoded.getHeight(),
        (x, y) -> {
          if (read[0] != y) {
            rows.read(y, row, 0);
            read[0] = y;
          }
          return row[x] > 0;
        });
  }

  /** An 8-bit grey PNG file of values of 0 to 1; others are cut. */
  public static byte[] writePng8(GreyImage image) {
    BufferedImage picture =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_BYTE_GRAY);
    byte[] data = ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) Math.round(cut(image.values()[i]) * 255);
    }
    return encode(picture);
  }

  /** A 16-bit grey PNG file of values of 0 to 1; others are cut. */
  public static byte[] writePng16(GreyImage image) {
    BufferedImage picture =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_USHORT_GRAY);
    short[] data = ((DataBufferUShort) picture.getRaster().getDataBuffer()).getData();
    for (int i = 0; i < data.length; i++) {
      data[i] = (short) Math.round(cut(image.values()[i]) * 65535);
    }
    return encode(picture);
  }

  /** A 1-bit grey PNG file, white inside. */
  public static byte[] writePng(BitMask mask) {
    BufferedImage picture =
        new BufferedImage(mask.width(), mask.height(), BufferedImage.TYPE_BYTE_BINARY);
    // The picture packs its bits as the mask does: most significant first, rows padded to bytes.
    byte[] data = ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
    System.arraycopy(mask.bits(), 0, data, 0, data.length);
    return encode(picture);
  }

  private static float cut(float value) {
    return Math.min(1, Math.max(0, value));
  }

  private static BufferedImage decode(byte[] file) throws ImageFormatException {
    String format = formatOf(file);
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    ImageReader reader = readers.next();
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      reader.setInput(in, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      if ((long) width * height > MOST_PIXELS) {
        throw new ImageFormatException(
            "The picture is "
                + width
                + " x "
                + height
                + "; at most "
                + MOST_PIXELS
                + " pixels are read");
      }
      return reader.read(0);
    } catch (ImageFormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Decoders meet damaged files with any unchecked exception.
      throw new ImageFormatException(
          "The " + format + " file of " + file.length + " bytes cannot be decoded: " + e, e);
    } finally {
      reader.dispose();
    }
  }

  private static String formatOf(byte[] file) throws ImageFormatException {
    if (file.length >= 8
        && file[0] == (byte) 0x89
        && file[1] == 'P'
        && file[2] == 'N'
        && file[3] == 'G') {
      return "png";
    }
    if (file.length >= 4
        && file[0] == (byte) 0xFF
        && file[1] == (byte) 0xD8
        && file[2] == (byte) 0xFF) {
      return "jpeg";
    }
    StringBuilder start = new StringBuilder();
    for (int i = 0; i < Math.min(4, file.length); i++) {
      start.append(String.format("%02X ", file[i]));
    }
    throw new ImageFormatException(
        "The file is neither PNG nor JPEG: it has "
            + file.length
            + " bytes and starts with "
            + (start.isEmpty() ? "nothing" : start.toString().strip()));
  }

  private static byte[] encode(BufferedImage picture) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(new IIOImage(picture, null, null));
    } catch (IOException e) {
      throw new IllegalStateException("Writing a picture to memory cannot fail", e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /** Gives the rows of a decoded picture as grey values of 0 to 1. */
  private static final class RowReader {
    private final Raster raster;
    private final ColorModel colors;
    private final int bands;
    private final int[] samples;

    RowReader(BufferedImage picture) {
      raster = picture.getRaster();
      colors = picture.getColorModel();
      bands = raster.getNumBands();
      samples = new int[picture.getWidth() * bands];
    }

    void read(int y, float[] values, int at) {
      int width = raster.getWidth();
      raster.getPixels(0, y, width, 1, samples);
      if (colors instanceof IndexColorModel palette) {
        for (int x = 0; x < width; x++) {
          int index = samples[x];
          values[at + x] =
              luma(palette.getRed(index), palette.getGreen(index), palette.getBlue(index), 255);
        }
        return;
      }
      double largest = (1 << raster.getSampleModel().getSampleSize(0)) - 1;
      for (int x = 0; x < width; x++) {
        int first = x * bands;
        values[at + x] =
            bands < 3
                ? (float) (samples[first] / largest)
                : luma(samples[first], samples[first + 1], samples[first + 2], largest);
      }
    }

    private static float luma(int red, int green, int blue, double largest) {
      return (float) ((RED * red + GREEN * green + BLUE * blue) / largest);
    }
  }
}
