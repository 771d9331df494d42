package io.cogaze.dicom;

import io.cogaze.dicom.DataSet.Element;
import io.cogaze.dicom.DicomException.Reason;
import io.cogaze.dicom.DicomImage.Spacing;
import io.cogaze.dicom.Display.Padding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads a DICOM Part 10 file (PS3.10) that holds one grey image of 8 or 16 bits.
 *
 * <p>Transfer syntaxes: implicit and explicit VR little endian, deflated, JPEG baseline, extended
 * and lossless, JPEG 2000, RLE. A missing preamble and missing file meta information are tolerated.
 * Modality and VOI transformations are read, never applied: the samples are the stored values. A
 * modality LUT sequence is ignored.
 *
 * <p>The input is not trusted: whatever the bytes, the result is an image or a {@link
 * DicomException}, and memory stays within a small multiple of the file plus the pixels, of which
 * there may be {@value #MOST_PIXELS} at most.
 */
public final class DicomReader {
  /** Largest number of pixels of an image; three times that of the largest radiographs. */
  public static final int MOST_PIXELS = 50_000_000;

  private static final int LARGEST_FILE = 1 << 28;
  private static final int LARGEST_INFLATED = 1 << 27;
  private static final int PREAMBLE = 128;

  private DicomReader() {}

  /**
   * Reads a whole stream; does not close it. Errors: {@link DicomException} for what the file
   * holds, any other {@link IOException} as the stream throws it.
   */
  public static DicomImage read(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(LARGEST_FILE);
    if (bytes.length == LARGEST_FILE && in.read() >= 0) {
      throw new DicomException(
          Reason.TOO_LARGE, "The file is larger than " + LARGEST_FILE + " bytes");
    }
    return read(bytes);
  }

  /** Reads a whole file's bytes. Errors: {@link DicomException}. */
  public static DicomImage read(byte[] bytes) throws DicomException {
    return guarded(() -> decode(bytes));
  }

  /** What decodes. */
  interface Decoding {
    DicomImage run() throws DicomException;
  }

  /**
   * One file that the decoder does not foresee must not end a job over a hundred thousand. An
   * interrupt is no fault of the file and goes on.
   */
  static DicomImage guarded(Decoding decoding) throws DicomException {
    try {
      return decoding.run();
    } catch (RuntimeException | StackOverflowError e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      throw new DicomException(
          Reason.DECODER_FAILURE, "The DICOM decoder failed unexpectedly with " + e, e);
    }
  }

  private static DicomImage decode(byte[] bytes) throws DicomException {
    DataSetParser parser = new DataSetParser(bytes, startOf(bytes));
    DataSet meta = parser.readMeta();
    TransferSyntax syntax = syntaxOf(meta, bytes, parser.position());
    DataSet data =
        syntax == TransferSyntax.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
            ? new DataSetParser(inflate(bytes, parser.position()), 0).readMain(true)
            : parser.readMain(syntax.explicitVr());
    if (data.element(Tag.PIXEL_DATA).isEmpty()) {
      throw new DicomException(
          Reason.NO_PIXEL_DATA,
          "The DICOM file has no pixel data; it ends after " + bytes.length + " bytes");
    }
    PixelFormat format = formatOf(data);
    short[] samples = PixelDecoder.decode(data, format, syntax);
    return new DicomImage(
        idsOf(data), format, displayOf(data, format), spacingOf(data), samples, syntax.uid());
  }

  private static int startOf(byte[] bytes) throws DicomException {
    if (hasPrefixAt(bytes, PREAMBLE)) {
      return PREAMBLE + 4;
    }
    if (hasPrefixAt(bytes, 0)) {
      return 4;
    }
    // Without a preamble the file must start with a group that comes first in real files.
    if (bytes.length >= 8 && bytes[1] == 0 && (bytes[0] == 2 || bytes[0] == 8) && bytes[3] == 0) {
      return 0;
    }
    throw new DicomException(
        Reason.NOT_DICOM,
        "The file is not DICOM: there is no DICM mark at byte "
            + PREAMBLE
            + " and no data element at its start ("
            + bytes.length
            + " bytes)");
  }

  private static boolean hasPrefixAt(byte[] bytes, int at) {
    return bytes.length >= at + 4
        && bytes[at] == 'D'
        && bytes[at + 1] == 'I'
        && bytes[at + 2] == 'C'
        && bytes[at + 3] == 'M';
  }

  private static TransferSyntax syntaxOf(DataSet meta, byte[] bytes, int position)
      throws DicomException {
    String uid = meta.text(Tag.TRANSFER_SYNTAX_UID);
    if (uid.isEmpty()) {
      // Nothing is said: explicit representations show as two capital letters after the tag.
      boolean explicit =
          bytes.length >= position + 6
              && bytes[position + 4] >= 'A'
              && bytes[position + 4] <= 'Z'
              && bytes[position + 5] >= 'A'
              && bytes[position + 5] <= 'Z';
      return explicit
          ? TransferSyntax.EXPLICIT_VR_LITTLE_ENDIAN
          : TransferSyntax.IMPLICIT_VR_LITTLE_ENDIAN;
    }
    Optional<TransferSyntax> syntax = TransferSyntax.ofUid(uid);
    if (syntax.isEmpty()) {
      String name = TransferSyntax.nameOfUnsupported(uid);
      throw new DicomException(
          Reason.UNSUPPORTED_TRANSFER_SYNTAX,
          "The DICOM file has transfer syntax "
              + DataSet.shortened(uid)
              + (name.isEmpty() ? "" : " (" + name + ")")
              + ", which is not decoded; convert it to explicit VR little endian"
              + " (for instance with dcmconv or gdcmconv)");
    }
    return syntax.get();
  }

  private static byte[] inflate(byte[] bytes, int start) throws DicomException {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(bytes, start, bytes.length - start);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] buffer = new byte[1 << 16];
      while (!inflater.finished()) {
        int count = inflater.inflate(buffer);
        if (count == 0 && !inflater.finished()) {
          if (inflater.needsDictionary()) {
            throw new DataFormatException("a preset dictionary is needed");
          }
          throw new DicomException(
              Reason.TRUNCATED,
              "The deflated data set is truncated: "
                  + (bytes.length - start)
                  + " bytes gave "
                  + out.size()
                  + " and no end");
        }
        if (out.size() > LARGEST_INFLATED - count) {
          throw new DicomException(
              Reason.TOO_LARGE,
              "The deflated data set is larger than " + LARGEST_INFLATED + " bytes when inflated");
        }
        out.write(buffer, 0, count);
      }
      return out.toByteArray();
    } catch (DataFormatException e) {
      throw new DicomException(
          Reason.CORRUPT, "The deflated data set cannot be inflated: " + e.getMessage(), e);
    } finally {
      inflater.end();
    }
  }

  private static PixelFormat formatOf(DataSet data) throws DicomException {
    int rows = data.requiredUnsignedShort(Tag.ROWS, "Rows");
    int columns = data.requiredUnsignedShort(Tag.COLUMNS, "Columns");
    int allocated = data.requiredUnsignedShort(Tag.BITS_ALLOCATED, "Bits Allocated");
    int samplesPerPixel = data.unsignedShort(Tag.SAMPLES_PER_PIXEL).orElse(1);
    String photometric = data.text(Tag.PHOTOMETRIC_INTERPRETATION);
    if (samplesPerPixel != 1
        || !(photometric.equals("MONOCHROME1") || photometric.equals("MONOCHROME2"))) {
      throw new DicomException(
          photometric.isEmpty() ? Reason.MISSING_ATTRIBUTE : Reason.UNSUPPORTED_PIXELS,
          "The DICOM image is not grey: photometric interpretation '"
              + DataSet.shortened(photometric)
              + "' with "
              + samplesPerPixel
              + " samples a pixel; expected MONOCHROME1 or MONOCHROME2 with 1");
    }
    String frames = data.text(Tag.NUMBER_OF_FRAMES);
    if (!frames.isEmpty() && !frames.matches("0*1")) {
      throw new DicomException(
          Reason.UNSUPPORTED_PIXELS,
          "The DICOM file has '" + DataSet.shortened(frames) + "' frames; expected 1");
    }
    if ((long) rows * columns > MOST_PIXELS) {
      throw new DicomException(
          Reason.TOO_LARGE,
          "The DICOM image has "
              + rows
              + " rows x "
              + columns
              + " columns; at most "
              + MOST_PIXELS
              + " pixels are read");
    }
    int stored = data.unsignedShort(Tag.BITS_STORED).orElse(allocated);
    int highBit = data.unsignedShort(Tag.HIGH_BIT).orElse(stored - 1);
    int representation = data.unsignedShort(Tag.PIXEL_REPRESENTATION).orElse(0);
    if (representation > 1) {
      throw new DicomException(
          Reason.CORRUPT,
          "The DICOM image has Pixel Representation "
              + representation
              + "; expected 0 (unsigned) or 1 (signed)");
    }
    boolean signed = representation == 1;
    try {
      return new PixelFormat(
          rows, columns, allocated, stored, highBit, signed, Photometric.valueOf(photometric));
    } catch (IllegalArgumentException e) {
      throw new DicomException(
          Reason.UNSUPPORTED_PIXELS, "The DICOM image cannot be read: " + e.getMessage(), e);
    }
  }

  private static DicomIds idsOf(DataSet data) {
    return new DicomIds(
        data.text(Tag.SOP_CLASS_UID),
        data.text(Tag.SOP_INSTANCE_UID),
        data.text(Tag.STUDY_INSTANCE_UID),
        data.text(Tag.SERIES_INSTANCE_UID),
        data.text(Tag.PATIENT_ID),
        data.text(Tag.STUDY_ID),
        data.text(Tag.STUDY_DATE),
        data.text(Tag.STUDY_TIME),
        data.text(Tag.MODALITY),
        data.text(Tag.VIEW_POSITION));
  }

  private static Display displayOf(DataSet data, PixelFormat format) throws DicomException {
    List<Double> slope = data.decimals(Tag.RESCALE_SLOPE, "Rescale Slope");
    List<Double> intercept = data.decimals(Tag.RESCALE_INTERCEPT, "Rescale Intercept");
    return new Display(
        slope.isEmpty() ? 1 : slope.get(0),
        intercept.isEmpty() ? 0 : intercept.get(0),
        windowsOf(data),
        voiLutOf(data, format),
        signOf(data),
        paddingOf(data, format));
  }

  private static OptionalInt signOf(DataSet data) {
    OptionalInt word = data.unsignedShort(Tag.PIXEL_INTENSITY_RELATIONSHIP_SIGN);
    return word.isEmpty() ? word : OptionalInt.of((short) word.getAsInt());
  }

  private static List<Window> windowsOf(DataSet data) throws DicomException {
    List<Double> centers = data.decimals(Tag.WINDOW_CENTER, "Window Center");
    List<Double> widths = data.decimals(Tag.WINDOW_WIDTH, "Window Width");
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < Math.min(centers.size(), widths.size()); i++) {
      windows.add(new Window(centers.get(i), widths.get(i)));
    }
    return windows;
  }

  private static Optional<VoiLut> voiLutOf(DataSet data, PixelFormat format) throws DicomException {
    if (data.voiLuts().isEmpty()) {
      return Optional.empty();
    }
    DataSet item = data.voiLuts().get(0);
    OptionalInt declared = item.unsignedShort(Tag.LUT_DESCRIPTOR, 0);
    OptionalInt first = item.unsignedShort(Tag.LUT_DESCRIPTOR, 1);
    OptionalInt bits = item.unsignedShort(Tag.LUT_DESCRIPTOR, 2);
    Optional<Element> values = item.element(Tag.LUT_DATA);
    if (declared.isEmpty() || first.isEmpty() || bits.isEmpty() || values.isEmpty()) {
      return Optional.empty();
    }
    int entries = declared.getAsInt() == 0 ? 0x10000 : declared.getAsInt();
    if (values.get().length() < 2L * entries || bits.getAsInt() < 8 || bits.getAsInt() > 16) {
      throw new DicomException(
          Reason.CORRUPT,
          "The VOI LUT declares "
              + entries
              + " entries of "
              + bits.getAsInt()
              + " bits, but holds "
              + values.get().length()
              + " bytes");
    }
    int[] table = new int[entries];
    for (int i = 0; i < entries; i++) {
      table[i] = item.unsignedShort(Tag.LUT_DATA, i).orElseThrow();
    }
    int start = format.signed() ? (short) first.getAsInt() : first.getAsInt();
    return Optional.of(new VoiLut(start, bits.getAsInt(), table));
  }

  private static Optional<Padding> paddingOf(DataSet data, PixelFormat format) {
    OptionalInt value = data.unsignedShort(Tag.PIXEL_PADDING_VALUE);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    int one = format.extend(value.getAsInt());
    int other =
        format.extend(data.unsignedShort(Tag.PIXEL_PADDING_RANGE_LIMIT).orElse(value.getAsInt()));
    return Optional.of(new Padding(Math.min(one, other), Math.max(one, other)));
  }

  private static Optional<Spacing> spacingOf(DataSet data) throws DicomException {
    List<Double> values = data.decimals(Tag.PIXEL_SPACING, "Pixel Spacing");
    if (values.size() != 2) {
      values = data.decimals(Tag.IMAGER_PIXEL_SPACING, "Imager Pixel Spacing");
    }
    return values.size() == 2
        ? Optional.of(new Spacing(values.get(0), values.get(1)))
        : Optional.empty();
  }
}
