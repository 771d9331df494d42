package io.cogaze.dicom;

import com.github.jaiimageio.jpeg2000.impl.J2KImageReaderSpi;
import io.cogaze.dicom.DicomException.Reason;

/**
 * JPEG 2000 code streams (ISO/IEC 15444-1). The image and tile sizes are compared with the DICOM
 * attributes before anything is decoded.
 */
final class Jpeg2000Frame {
  private static final int START_AND_SIZE = 0xFF4FFF51;
  private static final int SIZE_SEGMENT_END = 45;
  private static final int MOST_TILES = 4096;

  private Jpeg2000Frame() {}

  static short[] decode(byte[] frame, PixelFormat format) throws DicomException {
    int start = codeStreamStart(frame);
    if (frame.length < start + SIZE_SEGMENT_END) {
      throw corrupt("it ends inside its size segment");
    }
    long columns = intAt(frame, start + 8) - intAt(frame, start + 16);
    long rows = intAt(frame, start + 12) - intAt(frame, start + 20);
    long tileColumns = intAt(frame, start + 24);
    long tileRows = intAt(frame, start + 28);
    int components = (int) (intAt(frame, start + 38) & 0xFFFF);
    if (rows != format.rows() || columns != format.columns() || components != 1) {
      throw corrupt(
          "it is "
              + rows
              + " rows x "
              + columns
              + " columns x "
              + components
              + " components; the DICOM attributes say "
              + format.rows()
              + " x "
              + format.columns()
              + " x 1");
    }
    int bits = (frame[start + 42] & 0x7F) + 1;
    if (bits > format.bitsAllocated() || frame[start + 43] != 1 || frame[start + 44] != 1) {
      throw corrupt(
          bits
              + " bits a sample, sampled at every "
              + frame[start + 43]
              + " x "
              + frame[start + 44]
              + " pixels");
    }
    if (tileRows == 0
        || tileColumns == 0
        || ((rows + tileRows - 1) / tileRows) * ((columns + tileColumns - 1) / tileColumns)
            > MOST_TILES) {
      throw corrupt("tiles of " + tileRows + " rows x " + tileColumns + " columns");
    }
    return ImageIoFrame.decode(frame, format, J2KImageReaderSpi.class, "JPEG 2000");
  }

  /** DICOM holds bare code streams, but files with the JP2 boxes around them occur. */
  private static int codeStreamStart(byte[] frame) throws DicomException {
    int searched = Math.min(frame.length - 4, 4096);
    for (int at = 0; at <= searched; at++) {
      if ((int) intAt(frame, at) == START_AND_SIZE) {
        return at;
      }
    }
    throw corrupt("it has no code stream header");
  }

  private static long intAt(byte[] bytes, int at) {
    return (bytes[at] & 0xFFL) << 24
        | (bytes[at + 1] & 0xFFL) << 16
        | (bytes[at + 2] & 0xFFL) << 8
        | (bytes[at + 3] & 0xFFL);
  }

  private static DicomException corrupt(String problem) {
    return new DicomException(Reason.CORRUPT, "The JPEG 2000 frame is damaged: " + problem);
  }
}
