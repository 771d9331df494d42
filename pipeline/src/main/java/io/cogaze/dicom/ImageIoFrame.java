package io.cogaze.dicom;

import io.cogaze.dicom.DicomException.Reason;
import java.awt.image.Raster;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;

/** Decodes one compressed frame with a named Image I/O plug-in. */
final class ImageIoFrame {
  private ImageIoFrame() {}

  static short[] decode(
      byte[] frame, PixelFormat format, Class<? extends ImageReaderSpi> plugin, String name)
      throws DicomException {
    try (ImageInputStream in = new FrameStream(frame)) {
      ImageReader reader = plugin(plugin).createReaderInstance();
      try {
        reader.setInput(in, true, true);
        return samplesOf(reader.read(0).getRaster(), format, name);
      } finally {
        reader.dispose();
      }
    } catch (DicomException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Decoders meet damaged streams with any unchecked exception.
      throw new DicomException(
          Reason.CORRUPT,
          "The " + name + " frame of " + frame.length + " bytes cannot be decoded: " + e,
          e);
    }
  }

  private static short[] samplesOf(Raster raster, PixelFormat format, String name)
      throws DicomException {
    if (raster.getWidth() != format.columns()
        || raster.getHeight() != format.rows()
        || raster.getNumBands() != 1) {
      throw new DicomException(
          Reason.CORRUPT,
          "The "
              + name
              + " frame decodes to "
              + raster.getHeight()
              + " rows x "
              + raster.getWidth()
              + " columns x "
              + raster.getNumBands()
              + " bands; the DICOM attributes say "
              + format.rows()
              + " x "
              + format.columns()
              + " x 1");
    }
    short[] samples = new short[format.pixels()];
    int[] row = new int[format.columns()];
    int out = 0;
    for (int y = 0; y < format.rows(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, row.length, 1, 0, row);
      for (int value : row) {
        samples[out++] = (short) format.extend(value);
      }
    }
    return samples;
  }

  /**
   * The registered plug-in, or a new one registered now: scanning the class path misses plug-ins
   * that came with a job's own class loader.
   */
  private static synchronized ImageReaderSpi plugin(Class<? extends ImageReaderSpi> type)
      throws IOException {
    IIORegistry registry = IIORegistry.getDefaultInstance();
    ImageReaderSpi known = registry.getServiceProviderByClass(type);
    if (known != null) {
      return known;
    }
    try {
      ImageReaderSpi made = type.getDeclaredConstructor().newInstance();
      registry.registerServiceProvider(made, ImageReaderSpi.class);
      return made;
    } catch (ReflectiveOperationException e) {
      throw new IOException("The image plug-in " + type.getName() + " cannot be made", e);
    }
  }

  /**
   * The bytes of a frame. Decoders get some way past the end of a damaged frame, because real files
   * lack end marks, but not for ever, and they stop at the next read when their thread is
   * interrupted.
   */
  private static final class FrameStream extends ImageInputStreamImpl {
    private static final int MOST_READS_PAST_END = 64;

    private final byte[] bytes;
    private int readsPastEnd;

    FrameStream(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public long length() {
      return bytes.length;
    }

    @Override
    public int read() throws IOException {
      checkUsable();
      bitOffset = 0;
      if (streamPos >= bytes.length) {
        return pastEnd();
      }
      return bytes[(int) streamPos++] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      checkUsable();
      bitOffset = 0;
      if (length == 0) {
        return 0;
      }
      if (streamPos >= bytes.length) {
        return pastEnd();
      }
      int count = (int) Math.min(length, bytes.length - streamPos);
      System.arraycopy(bytes, (int) streamPos, target, offset, count);
      streamPos += count;
      return count;
    }

    private void checkUsable() throws IOException {
      checkClosed();
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("decoding was given up");
      }
    }

    private int pastEnd() throws EOFException {
      if (++readsPastEnd > MOST_READS_PAST_END) {
        throw new EOFException("the frame ends after " + bytes.length + " bytes");
      }
      return -1;
    }
  }
}
