package io.cogaze.dicom;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Writes a grey image as a DICOM Part 10 file, explicit VR little endian, uncompressed, with the
 * attributes that public radiograph collections carry. The same image gives the same bytes; there
 * are no dates or random identifiers but those of the image.
 */
public final class DicomWriter {
  private static final String IMPLEMENTATION_UID = DicomIds.uidOf("io.cogaze.dicom");
  private static final String IMPLEMENTATION_NAME = "COGAZE_1";
  private static final int LONGEST_DECIMAL = 16;

  private DicomWriter() {}

  /** The file's bytes. */
  public static byte[] toBytes(DicomImage image) {
    byte[] meta = meta(image.ids());
    byte[] data = dataSet(image);
    Elements out = new Elements();
    out.bytes.writeBytes(new byte[128]);
    out.bytes.writeBytes("DICM".getBytes(StandardCharsets.US_ASCII));
    out.unsignedInt(Tag.META_GROUP_LENGTH, meta.length);
    out.bytes.writeBytes(meta);
    out.bytes.writeBytes(data);
    return out.bytes.toByteArray();
  }

  /** Writes the file; does not close the stream. */
  public static void write(DicomImage image, OutputStream out) throws IOException {
    out.write(toBytes(image));
  }

  private static byte[] meta(DicomIds ids) {
    Elements out = new Elements();
    out.binary(Tag.META_VERSION, "OB", new byte[] {0, 1});
    out.text(Tag.MEDIA_STORAGE_SOP_CLASS_UID, "UI", ids.sopClassUid());
    out.text(Tag.MEDIA_STORAGE_SOP_INSTANCE_UID, "UI", ids.sopInstanceUid());
    out.text(Tag.TRANSFER_SYNTAX_UID, "UI", TransferSyntax.EXPLICIT_VR_LITTLE_ENDIAN.uid());
    out.text(Tag.IMPLEMENTATION_CLASS_UID, "UI", IMPLEMENTATION_UID);
    out.text(Tag.IMPLEMENTATION_VERSION_NAME, "SH", IMPLEMENTATION_NAME);
    return out.bytes.toByteArray();
  }

  private static byte[] dataSet(DicomImage image) {
    Elements out = new Elements();
    writeIds(out, image);
    writePixelModule(out, image.format(), image.display());
    writeDisplay(out, image.format(), image.display());
    out.binary(Tag.PIXEL_DATA, image.format().bitsAllocated() == 8 ? "OB" : "OW", pixels(image));
    return out.bytes.toByteArray();
  }

  private static void writeIds(Elements out, DicomImage image) {
    DicomIds ids = image.ids();
    boolean digital = ids.sopClassUid().equals(DicomIds.DIGITAL_X_RAY);
    out.text(Tag.IMAGE_TYPE, "CS", "ORIGINAL\\PRIMARY");
    out.text(Tag.SOP_CLASS_UID, "UI", ids.sopClassUid());
    out.text(Tag.SOP_INSTANCE_UID, "UI", ids.sopInstanceUid());
    out.text(Tag.STUDY_DATE, "DA", ids.studyDate());
    out.text(Tag.STUDY_TIME, "TM", ids.studyTime());
    out.text(Tag.ACCESSION_NUMBER, "SH", "");
    out.text(Tag.MODALITY, "CS", ids.modality());
    if (digital) {
      out.text(Tag.PRESENTATION_INTENT_TYPE, "CS", "FOR PRESENTATION");
    }
    out.text(Tag.MANUFACTURER, "LO", "");
    out.text(Tag.REFERRING_PHYSICIAN, "PN", "");
    out.text(Tag.PATIENT_NAME, "PN", "");
    out.text(Tag.PATIENT_ID, "LO", ids.patientId());
    out.text(Tag.PATIENT_BIRTH_DATE, "DA", "");
    out.text(Tag.PATIENT_SEX, "CS", "");
    out.text(Tag.BODY_PART_EXAMINED, "CS", "CHEST");
    image
        .spacing()
        .ifPresent(
            spacing ->
                out.text(
                    Tag.IMAGER_PIXEL_SPACING,
                    "DS",
                    decimal(spacing.rowMm()) + "\\" + decimal(spacing.columnMm())));
    out.text(Tag.VIEW_POSITION, "CS", ids.viewPosition());
    out.text(Tag.STUDY_INSTANCE_UID, "UI", ids.studyInstanceUid());
    out.text(Tag.SERIES_INSTANCE_UID, "UI", ids.seriesInstanceUid());
    out.text(Tag.STUDY_ID, "SH", ids.studyId());
    out.text(Tag.SERIES_NUMBER, "IS", "1");
    out.text(Tag.INSTANCE_NUMBER, "IS", "1");
    out.text(Tag.PATIENT_ORIENTATION, "CS", "");
  }

  private static void writePixelModule(Elements out, PixelFormat format, Display display) {
    out.unsignedShort(Tag.SAMPLES_PER_PIXEL, 1);
    out.text(Tag.PHOTOMETRIC_INTERPRETATION, "CS", format.photometric().name());
    out.unsignedShort(Tag.ROWS, format.rows());
    out.unsignedShort(Tag.COLUMNS, format.columns());
    out.unsignedShort(Tag.BITS_ALLOCATED, format.bitsAllocated());
    out.unsignedShort(Tag.BITS_STORED, format.bitsStored());
    out.unsignedShort(Tag.HIGH_BIT, format.highBit());
    out.unsignedShort(Tag.PIXEL_REPRESENTATION, format.signed() ? 1 : 0);
    display
        .padding()
        .ifPresent(
            padding -> {
              String vr = format.signed() ? "SS" : "US";
              out.shortOf(Tag.PIXEL_PADDING_VALUE, vr, padding.low());
              if (padding.high() != padding.low()) {
                out.shortOf(Tag.PIXEL_PADDING_RANGE_LIMIT, vr, padding.high());
              }
            });
  }

  private static void writeDisplay(Elements out, PixelFormat format, Display display) {
    if (display.relationshipSign().isPresent()) {
      out.text(Tag.PIXEL_INTENSITY_RELATIONSHIP, "CS", "LOG");
      out.shortOf(
          Tag.PIXEL_INTENSITY_RELATIONSHIP_SIGN, "SS", display.relationshipSign().getAsInt());
    }
    if (!display.windows().isEmpty()) {
      out.text(Tag.WINDOW_CENTER, "DS", decimals(display.windows(), Window::center));
      out.text(Tag.WINDOW_WIDTH, "DS", decimals(display.windows(), Window::width));
    }
    out.text(Tag.RESCALE_INTERCEPT, "DS", decimal(display.rescaleIntercept()));
    out.text(Tag.RESCALE_SLOPE, "DS", decimal(display.rescaleSlope()));
    out.text(Tag.RESCALE_TYPE, "LO", "US");
    out.text(Tag.LOSSY_IMAGE_COMPRESSION, "CS", "00");
    display
        .voiLut()
        .ifPresent(lut -> out.binary(Tag.VOI_LUT_SEQUENCE, "SQ", voiLutItem(lut, format)));
  }

  private static byte[] voiLutItem(VoiLut lut, PixelFormat format) {
    Elements item = new Elements();
    Elements descriptor = new Elements();
    descriptor.word(lut.table().length & 0xFFFF);
    descriptor.word(lut.first());
    descriptor.word(lut.bits());
    item.binary(Tag.LUT_DESCRIPTOR, format.signed() ? "SS" : "US", descriptor.bytes.toByteArray());
    Elements table = new Elements();
    for (int value : lut.table()) {
      table.word(value);
    }
    item.binary(Tag.LUT_DATA, "OW", table.bytes.toByteArray());
    Elements sequence = new Elements();
    sequence.tag(Tag.ITEM);
    sequence.dword(item.bytes.size());
    sequence.bytes.writeBytes(item.bytes.toByteArray());
    return sequence.bytes.toByteArray();
  }

  private static byte[] pixels(DicomImage image) {
    PixelFormat format = image.format();
    int shift = format.highBit() + 1 - format.bitsStored();
    int mask = ((1 << format.bitsStored()) - 1) << shift;
    int count = format.pixels();
    if (format.bitsAllocated() == 8) {
      byte[] bytes = new byte[count];
      for (int i = 0; i < count; i++) {
        bytes[i] = (byte) ((checked(image, i) << shift) & mask);
      }
      return bytes;
    }
    byte[] bytes = new byte[2 * count];
    for (int i = 0; i < count; i++) {
      int word = (checked(image, i) << shift) & mask;
      bytes[2 * i] = (byte) word;
      bytes[2 * i + 1] = (byte) (word >> 8);
    }
    return bytes;
  }

  private static int checked(DicomImage image, int index) {
    int value = image.sample(index);
    PixelFormat format = image.format();
    if (value < format.smallest() || value > format.largest()) {
      throw new IllegalArgumentException(
          "Pixel "
              + index
              + " is "
              + value
              + ", which "
              + format.bitsStored()
              + (format.signed() ? " signed" : " unsigned")
              + " bits cannot hold");
    }
    return value;
  }

  private static String decimals(List<Window> windows, ToDoubleFunction<Window> part) {
    return windows.stream()
        .map(window -> decimal(part.applyAsDouble(window)))
        .collect(Collectors.joining("\\"));
  }

  /**
   * The shortest decimal that gives the number back, or the nearest one of at most 16 characters.
   */
  private static String decimal(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    for (int digits = 17; digits > 1; digits--) {
      String text =
          new BigDecimal(value).round(new MathContext(digits)).stripTrailingZeros().toString();
      if (text.length() <= LONGEST_DECIMAL) {
        String shortest = Double.toString(value);
        return shortest.length() <= text.length() ? shortest : text;
      }
    }
    return String.format(Locale.ROOT, "%.6E", value);
  }

  /** Data elements as they are put together. */
  private static final class Elements {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    void tag(int tag) {
      word(tag >>> 16);
      word(tag);
    }

    void word(int value) {
      bytes.write(value);
      bytes.write(value >> 8);
    }

    void dword(int value) {
      word(value);
      word(value >>> 16);
    }

    void text(int tag, String vr, String value) {
      byte[] ascii = value.getBytes(StandardCharsets.US_ASCII);
      header(tag, vr);
      word(ascii.length + (ascii.length & 1));
      bytes.writeBytes(ascii);
      if ((ascii.length & 1) != 0) {
        bytes.write(vr.equals("UI") ? 0 : ' ');
      }
    }

    void unsignedShort(int tag, int value) {
      shortOf(tag, "US", value);
    }

    void shortOf(int tag, String vr, int value) {
      header(tag, vr);
      word(2);
      word(value);
    }

    void unsignedInt(int tag, int value) {
      header(tag, "UL");
      word(4);
      dword(value);
    }

    /** An element with a 32-bit length, except for short ones. */
    void binary(int tag, String vr, byte[] value) {
      header(tag, vr);
      if (vr.equals("US") || vr.equals("SS")) {
        word(value.length);
      } else {
        word(0);
        dword(value.length + (value.length & 1));
      }
      bytes.writeBytes(value);
      if ((value.length & 1) != 0) {
        bytes.write(0);
      }
    }

    private void header(int tag, String vr) {
      tag(tag);
      bytes.writeBytes(vr.getBytes(StandardCharsets.US_ASCII));
    }
  }
}
