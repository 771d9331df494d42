package io.cogaze.dicom;

import com.twelvemonkeys.imageio.plugins.jpeg.JPEGImageReaderSpi;
import io.cogaze.dicom.DicomException.Reason;

/**
 * JPEG frames (ISO/IEC 10918-1): the sequential processes of 8 and 12 bits, the progressive process
 * of 8 bits and the lossless process of 2 to 16 bits. The frame header is compared with the DICOM
 * attributes before anything is decoded.
 */
final class JpegFrame {
  private static final int START_OF_IMAGE = 0xD8;
  private static final int END_OF_IMAGE = 0xD9;
  private static final int START_OF_SCAN = 0xDA;

  /** Writers pad frames to even lengths, some to a few more bytes. */
  private static final int FARTHEST_END_MARK = 64;

  private JpegFrame() {}

  /** What a start-of-frame segment says. */
  private record FrameHeader(int process, int precision, int rows, int columns, int components) {}

  static short[] decode(byte[] frame, PixelFormat format) throws DicomException {
    FrameHeader header = headerOf(frame);
    if (header.rows != format.rows()
        || header.columns != format.columns()
        || header.components != 1) {
      throw corrupt(
          "it is "
              + header.rows
              + " rows x "
              + header.columns
              + " columns x "
              + header.components
              + " components; the DICOM attributes say "
              + format.rows()
              + " x "
              + format.columns()
              + " x 1");
    }
    requireWhole(frame, format, header);
    if (header.process <= 1 && header.precision == 12) {
      return extended(frame, format);
    }
    if (header.process > 3 || (header.process != 3 && header.precision != 8)) {
      throw new DicomException(
          Reason.UNSUPPORTED_TRANSFER_SYNTAX,
          "The JPEG frame uses process SOF"
              + header.process
              + " with "
              + header.precision
              + " bits a sample, which is not decoded. Convert the file to explicit VR little endian"
              + " (for instance with dcmdjpeg)");
    }
    return ImageIoFrame.decode(frame, format, JPEGImageReaderSpi.class, "JPEG");
  }

  /**
   * Decoders fill what a cut frame lacks with grey, without an error. So the end mark must be
   * there, and enough bytes: the lossless process takes a bit for a pixel at least, the others two
   * bits for a block of 64.
   */
  private static void requireWhole(byte[] frame, PixelFormat format, FrameHeader header)
      throws DicomException {
    boolean ended = false;
    for (int at = Math.max(0, frame.length - FARTHEST_END_MARK); at + 1 < frame.length; at++) {
      ended |= byteAt(frame, at) == 0xFF && byteAt(frame, at + 1) == END_OF_IMAGE;
    }
    int mostPixelsInAByte = header.process == 3 ? 8 : 512;
    if (!ended || (long) frame.length * mostPixelsInAByte < format.pixels()) {
      throw new DicomException(
          Reason.TRUNCATED,
          "The JPEG frame is truncated: its "
              + frame.length
              + " bytes "
              + (ended ? "cannot hold " : "have no end mark after ")
              + format.rows()
              + " rows x "
              + format.columns()
              + " columns");
    }
  }

  private static short[] extended(byte[] frame, PixelFormat format) throws DicomException {
    int[] values = ExtendedJpeg.decode(frame, format.rows(), format.columns());
    short[] samples = new short[values.length];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (short) format.extend(values[i]);
    }
    return samples;
  }

  private static FrameHeader headerOf(byte[] frame) throws DicomException {
    if (frame.length < 4 || byteAt(frame, 0) != 0xFF || byteAt(frame, 1) != START_OF_IMAGE) {
      throw corrupt("it does not start with the JPEG mark");
    }
    int at = 2;
    while (at + 4 <= frame.length) {
      if (byteAt(frame, at) != 0xFF) {
        throw corrupt("there is no marker at byte " + at);
      }
      int marker = byteAt(frame, at + 1);
      if (marker == 0xFF) {
        at++;
        continue;
      }
      if (marker == END_OF_IMAGE || marker == START_OF_SCAN) {
        break;
      }
      int length = (byteAt(frame, at + 2) << 8) | byteAt(frame, at + 3);
      if (isStartOfFrame(marker)) {
        if (at + 10 > frame.length) {
          break;
        }
        return new FrameHeader(
            marker - 0xC0,
            byteAt(frame, at + 4),
            (byteAt(frame, at + 5) << 8) | byteAt(frame, at + 6),
            (byteAt(frame, at + 7) << 8) | byteAt(frame, at + 8),
            byteAt(frame, at + 9));
      }
      at += 2 + length;
    }
    throw corrupt("it has no frame header");
  }

  /** SOF0 to SOF15 without the markers among them that define tables. */
  private static boolean isStartOfFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  private static int byteAt(byte[] bytes, int at) {
    return bytes[at] & 0xFF;
  }

  private static DicomException corrupt(String problem) {
    return new DicomException(Reason.CORRUPT, "The JPEG frame is damaged: " + problem);
  }
}
