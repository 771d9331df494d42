package io.cogaze.dicom;

import io.cogaze.dicom.DataSet.Element;
import io.cogaze.dicom.DataSet.Fragment;
import io.cogaze.dicom.DicomException.Reason;
import java.util.List;
import java.util.Optional;

/** Turns the pixel data element of one frame into stored values. */
final class PixelDecoder {
  private PixelDecoder() {}

  static short[] decode(DataSet data, PixelFormat format, TransferSyntax syntax)
      throws DicomException {
    Optional<List<Fragment>> fragments = data.fragments();
    if (syntax.encapsulated() != fragments.isPresent()) {
      throw new DicomException(
          Reason.CORRUPT,
          "The pixel data is "
              + (fragments.isPresent() ? "encapsulated" : "not encapsulated")
              + ", which contradicts the transfer syntax "
              + syntax.uid());
    }
    if (fragments.isEmpty()) {
      return decodeNative(data, format);
    }
    byte[] frame = join(data.bytes(), fragments.get());
    return switch (syntax.codec()) {
      case JPEG -> JpegFrame.decode(frame, format);
      case JPEG_2000 -> Jpeg2000Frame.decode(frame, format);
      case RLE -> RleFrame.decode(frame, format);
      case NATIVE -> throw new IllegalStateException("native pixels have no fragments");
    };
  }

  private static short[] decodeNative(DataSet data, PixelFormat format) throws DicomException {
    Element element = data.element(Tag.PIXEL_DATA).orElseThrow();
    byte[] bytes = data.bytes();
    long needed = (long) format.pixels() * (format.bitsAllocated() / 8);
    long held = Math.min(element.length(), bytes.length - element.offset());
    if (held < needed) {
      throw new DicomException(
          Reason.TRUNCATED,
          "The DICOM file is truncated: pixel data needs "
              + needed
              + " bytes ("
              + format.rows()
              + " rows x "
              + format.columns()
              + " columns x "
              + format.bitsAllocated()
              + " bits), but "
              + held
              + " are there");
    }
    short[] samples = new short[format.pixels()];
    int at = element.offset();
    if (format.bitsAllocated() == 8) {
      for (int i = 0; i < samples.length; i++) {
        samples[i] = (short) format.valueOf(bytes[at + i] & 0xFF);
      }
    } else {
      for (int i = 0; i < samples.length; i++) {
        int word = (bytes[at + 2 * i] & 0xFF) | (bytes[at + 2 * i + 1] & 0xFF) << 8;
        samples[i] = (short) format.valueOf(word);
      }
    }
    return samples;
  }

  private static byte[] join(byte[] bytes, List<Fragment> fragments) throws DicomException {
    long length = 0;
    for (Fragment fragment : fragments) {
      length += fragment.length();
    }
    if (length == 0) {
      throw new DicomException(Reason.NO_PIXEL_DATA, "The encapsulated pixel data is empty");
    }
    // The fragments are disjoint ranges of the file, so the sum is not larger than the file.
    byte[] frame = new byte[(int) length];
    int at = 0;
    for (Fragment fragment : fragments) {
      System.arraycopy(bytes, fragment.offset(), frame, at, fragment.length());
      at += fragment.length();
    }
    return frame;
  }
}
