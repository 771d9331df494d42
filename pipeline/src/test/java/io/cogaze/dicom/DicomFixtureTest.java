package io.cogaze.dicom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.dicom.DicomException.Reason;
import io.cogaze.dicom.DicomImage.Spacing;
import io.cogaze.dicom.Display.Padding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files made by pydicom and other encoders; src/test/resources/dicom/make_fixtures.py made them.
 */
class DicomFixtureTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "explicit",
        "implicit",
        "deflated",
        "unknown-sequence",
        "bare-implicit",
        "bare-explicit",
        "no-preamble",
        "high-bit-15",
        "signed-14",
        "rle-8",
        "rle-12",
        "rle-signed-16",
        "jpeg-lossless-8",
        "jpeg-lossless-12",
        "jpeg-lossless-16",
        "jpeg-lossless-fragments",
        "jpeg-lossless-predictor-2",
        "jpeg-lossless-predictor-4",
        "jpeg-lossless-predictor-6",
        "jpeg-lossless-predictor-7",
        "j2k-8",
        "j2k-12",
        "j2k-16",
        "j2k-signed-12"
      })
  void decodesTheSameValuesAsPydicom(String name) throws IOException {
    DicomImage image = DicomReader.read(resource(name + ".dcm"));

    assertThat(image.rows()).isEqualTo(34);
    assertThat(image.columns()).isEqualTo(37);
    assertThat(image.samples()).isEqualTo(expected(name));
  }

  @ParameterizedTest
  @CsvSource({"jpeg-baseline, 1", "jpeg-extended-8, 1", "jpeg-extended-12, 1", "j2k-lossy-12, 1"})
  void decodesLossyFilesAsPydicomDoesButForRounding(String name, int most) throws IOException {
    DicomImage image = DicomReader.read(resource(name + ".dcm"));

    short[] expected = expected(name);
    for (int i = 0; i < expected.length; i++) {
      assertThat(image.sample(i)).as("pixel %d", i).isCloseTo(expected[i], within(most));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"explicit", "implicit", "deflated"})
  void readsWhatTheFileSaysAboutItsValues(String name) throws IOException {
    DicomImage image = DicomReader.read(resource(name + ".dcm"));

    assertThat(image.monochrome1()).isTrue();
    assertThat(image.format().bitsStored()).isEqualTo(12);
    assertThat(image.ids().patientId()).isEqualTo("P7");
    assertThat(image.ids().viewPosition()).isEqualTo("AP");
    assertThat(image.ids().studyDate()).isEqualTo("20010203");
    assertThat(image.ids().sopInstanceUid()).isEqualTo("2.25.1");
    assertThat(image.spacing()).contains(new Spacing(0.143, 0.2));
    Display display = image.display();
    assertThat(display.windows()).containsExactly(new Window(2047.5, 4095), new Window(1000, 500));
    assertThat(display.rescaleSlope()).isEqualTo(0.5);
    assertThat(display.rescaleIntercept()).isEqualTo(-1024);
    assertThat(display.storedWindow()).contains(new Window(6143, 8190));
    assertThat(display.relationshipSign()).hasValue(-1);
    assertThat(display.padding()).contains(new Padding(0, 5));
    VoiLut lut = display.voiLut().orElseThrow();
    assertThat(lut.first()).isEqualTo(100);
    assertThat(lut.bits()).isEqualTo(16);
    assertThat(lut.table()).hasSize(4096).startsWith(0, 16, 32);
    // Slope 16 and half of 65536 at entry 2048, which is the value 2148.
    assertThat(lut.approximateWindow()).contains(new Window(2148, 4096));
  }

  @Test
  void approximatesAFallingTableByANegativeWidth() {
    int[] table = new int[256];
    for (int i = 0; i < table.length; i++) {
      table[i] = 255 - i;
    }

    assertThat(new VoiLut(0, 8, table).approximateWindow()).contains(new Window(127, -256));
    assertThat(new VoiLut(0, 8, new int[100]).approximateWindow()).isEmpty();
  }

  @Test
  void refusesJpegLsByItsName() {
    assertThatThrownBy(() -> DicomReader.read(resource("jpeg-ls.dcm")))
        .isInstanceOfSatisfying(
            DicomException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.UNSUPPORTED_TRANSFER_SYNTAX))
        .hasMessageContaining("1.2.840.10008.1.2.4.80 (JPEG-LS Lossless)")
        .hasMessageContaining("convert it to explicit VR little endian");
  }

  @Test
  void refusesBigEndianByItsName() throws IOException {
    byte[] file = patched(resource("jpeg-ls.dcm"), "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.2");

    assertThatThrownBy(() -> DicomReader.read(file))
        .hasMessageContaining("Explicit VR Big Endian (retired)");
  }

  @Test
  void refusesColourByItsPhotometricInterpretation() throws IOException {
    byte[] file = patched(resource("signed-14.dcm"), "MONOCHROME2", "RGB");

    assertThatThrownBy(() -> DicomReader.read(file))
        .isInstanceOfSatisfying(
            DicomException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNSUPPORTED_PIXELS))
        .hasMessageContaining("'RGB' with 1 samples a pixel");
  }

  @Test
  void saysThatAnotherFileIsNotDicom() {
    assertThatThrownBy(
            () -> DicomReader.read("<html>404</html>".getBytes(StandardCharsets.US_ASCII)))
        .isInstanceOfSatisfying(
            DicomException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NOT_DICOM))
        .hasMessageContaining("not DICOM")
        .hasMessageContaining("16 bytes");
  }

  @Test
  void saysThatAFileHasNoPixelData() throws IOException {
    byte[] file = resource("bare-explicit.dcm");
    int pixels = file.length - 2 * 34 * 37 - 12;

    assertThatThrownBy(() -> DicomReader.read(Arrays.copyOf(file, pixels)))
        .isInstanceOfSatisfying(
            DicomException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NO_PIXEL_DATA));
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpeg-baseline", "jpeg-lossless-12", "jpeg-extended-12"})
  void saysThatAFrameWasCutShortInsteadOfFillingItWithGrey(String name) throws IOException {
    byte[] file = resource(name + ".dcm");
    int start = 0;
    while (file[start] != -1 || (file[start + 1] & 0xFF) != 0xD8) {
      start++;
    }
    byte[] frame = Arrays.copyOfRange(file, start, file.length - 200);
    PixelFormat format = DicomReader.read(file).format();

    assertThatThrownBy(() -> JpegFrame.decode(frame, format))
        .isInstanceOfSatisfying(
            DicomException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TRUNCATED))
        .hasMessageContaining(frame.length + " bytes have no end mark after 34 rows x 37 columns");
  }

  @ParameterizedTest
  @ValueSource(strings = {"explicit", "rle-12", "jpeg-baseline", "j2k-12"})
  void refusesASmallFileThatDeclaresAHugePicture(String name) throws IOException {
    byte[] file = resource(name + ".dcm");
    byte[] rows = {0x28, 0, 0x10, 0, 'U', 'S', 2, 0, 34, 0};
    int at = 0;
    while (!Arrays.equals(file, at, at + rows.length, rows, 0, rows.length)) {
      at++;
    }
    // 65,000 rows x 65,000 columns, then 7,000 x 7,000.
    for (int side : new int[] {65_000, 7_000}) {
      file[at + 8] = (byte) side;
      file[at + 9] = (byte) (side >> 8);
      file[at + 18] = (byte) side;
      file[at + 19] = (byte) (side >> 8);
      assertThatThrownBy(() -> DicomReader.read(file))
          .isInstanceOf(DicomException.class)
          .hasMessageMatching("(?s).*\\b(65000|7000|49000000)\\b.*");
    }
  }

  private static byte[] patched(byte[] file, String text, String other) {
    byte[] from = text.getBytes(StandardCharsets.US_ASCII);
    byte[] to = Arrays.copyOf(other.getBytes(StandardCharsets.US_ASCII), from.length);
    byte[] copy = file.clone();
    for (int at = 0; at + from.length <= copy.length; at++) {
      if (Arrays.equals(copy, at, at + from.length, from, 0, from.length)) {
        System.arraycopy(to, 0, copy, at, to.length);
        return copy;
      }
    }
    throw new IllegalArgumentException("The file does not hold " + text);
  }

  static byte[] resource(String name) throws IOException {
    try (InputStream in = DicomFixtureTest.class.getResourceAsStream("/dicom/" + name)) {
      return in.readAllBytes();
    }
  }

  private static short[] expected(String name) throws IOException {
    byte[] bytes = resource(name + ".raw");
    short[] values = new short[bytes.length / 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = (short) ((bytes[2 * i] & 0xFF) | (bytes[2 * i + 1] & 0xFF) << 8);
    }
    return values;
  }

  @Test
  void refusesPixelDataLongerThanTheFileAndUnknownPixelRepresentations() throws IOException {
    byte[] valid =
        DicomWriter.toBytes(
            new DicomImage(
                DicomReader.read(io.cogaze.dataset.EgdFixture.dicom(0, 0)).ids(),
                PixelFormat.unsigned16(2, 2, 12, Photometric.MONOCHROME2),
                Display.plain(),
                new short[] {1, 2, 3, 4}));
    for (int length : new int[] {0xFFFFFFFE, 0x7FFFFFFF, 10}) {
      byte[] bytes = valid.clone();
      java.nio.ByteBuffer.wrap(bytes)
          .order(java.nio.ByteOrder.LITTLE_ENDIAN)
          .putInt(bytes.length - 12, length);
      assertThatThrownBy(() -> DicomReader.read(bytes))
          .isInstanceOfSatisfying(
              DicomException.class,
              e -> assertThat(e.reason()).isEqualTo(DicomException.Reason.TRUNCATED));
    }
    int at = 0;
    while (valid[at] != 0x28 || valid[at + 1] != 0 || valid[at + 2] != 3 || valid[at + 3] != 1) {
      at++;
    }
    byte[] bytes = valid.clone();
    bytes[at + 8] = 7;
    assertThatThrownBy(() -> DicomReader.read(bytes))
        .hasMessageContaining("Pixel Representation 7");
  }
}
