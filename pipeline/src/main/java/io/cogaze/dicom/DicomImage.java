package io.cogaze.dicom;

import java.util.Optional;

/**
 * One grey image and what its DICOM file says about it.
 *
 * @param samples stored values, shape [rows * columns] row-major, before any rescale, window or
 *     inversion; each is the low 16 bits, so read them by {@link #sample}
 * @param spacing millimetres between pixel centres, at the patient or else at the detector
 * @param transferSyntaxUid how the pixels were stored in the file that was read
 */
public record DicomImage(
    DicomIds ids,
    PixelFormat format,
    Display display,
    Optional<Spacing> spacing,
    short[] samples,
    String transferSyntaxUid) {

  /** Distance between rows and between columns in millimetres. */
  public record Spacing(double rowMm, double columnMm) {}

  /** Errors: {@link IllegalArgumentException} if there is not one sample a pixel. */
  public DicomImage {
    if (samples.length != format.pixels()) {
      throw new IllegalArgumentException(
          samples.length
              + " samples given for "
              + format.rows()
              + " rows x "
              + format.columns()
              + " columns");
    }
  }

  /** An image to be written, in explicit VR little endian. */
  public DicomImage(DicomIds ids, PixelFormat format, Display display, short[] samples) {
    this(
        ids,
        format,
        display,
        Optional.empty(),
        samples,
        TransferSyntax.EXPLICIT_VR_LITTLE_ENDIAN.uid());
  }

  /** Height in pixels. */
  public int rows() {
    return format.rows();
  }

  /** Width in pixels. */
  public int columns() {
    return format.columns();
  }

  /** Whether the smallest value is shown white. */
  public boolean monochrome1() {
    return format.photometric() == Photometric.MONOCHROME1;
  }

  /** The stored value at an index, row * columns + column. */
  public int sample(int index) {
    return format.signed() ? samples[index] : samples[index] & 0xFFFF;
  }

  /** The stored values as numbers, shape [rows * columns] row-major. */
  public float[] storedValues() {
    float[] values = new float[samples.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = sample(i);
    }
    return values;
  }
}
