package io.cogaze.dicom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.dicom.DicomException.Reason;
import io.cogaze.dicom.DicomImage.Spacing;
import io.cogaze.dicom.Display.Padding;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DicomRoundTripTest {

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 60));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void givesBackAnyImageThatWasWritten(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    int allocated = random.nextBoolean() ? 8 : 16;
    int stored = random.nextInt(1, allocated + 1);
    PixelFormat format =
        new PixelFormat(
            random.nextInt(1, 40),
            random.nextInt(1, 40),
            allocated,
            stored,
            random.nextInt(stored - 1, allocated),
            random.nextBoolean(),
            random.nextBoolean() ? Photometric.MONOCHROME1 : Photometric.MONOCHROME2);
    Display display =
        new Display(
            random.nextInt(1, 50) / 8.0,
            random.nextInt(-5000, 5000) / 4.0,
            random.nextBoolean()
                ? List.of()
                : List.of(new Window(2047.5, 4096), new Window(-1.25, 0.5)),
            random.nextBoolean()
                ? Optional.empty()
                : Optional.of(new VoiLut(3, 12, new int[] {0, 100, 4095})),
            random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(-1),
            random.nextBoolean()
                ? Optional.empty()
                : Optional.of(new Padding(format.smallest(), format.largest())));
    DicomImage drawn = TestImages.random(seed, format, display);
    DicomImage image =
        new DicomImage(
            drawn.ids(),
            format,
            display,
            random.nextBoolean() ? Optional.empty() : Optional.of(new Spacing(0.139, 0.14)),
            drawn.samples(),
            drawn.transferSyntaxUid());

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.write(image, out);
    DicomImage read = DicomReader.read(new ByteArrayInputStream(out.toByteArray()));

    assertThat(read).as("seed %d", seed).usingRecursiveComparison().isEqualTo(image);
  }

  @Test
  void writesTheSameBytesEachTime() {
    DicomImage image =
        TestImages.random(
            5,
            PixelFormat.unsigned16(20, 30, 12, Photometric.MONOCHROME2),
            Display.plain().withWindow(2048, 4096).withRelationshipSign(-1));

    assertThat(DicomWriter.toBytes(image)).isEqualTo(DicomWriter.toBytes(image));
  }

  @Test
  void saysHowManyBytesATruncatedFileLacks() {
    DicomImage image =
        TestImages.random(
            1, PixelFormat.unsigned16(20, 30, 12, Photometric.MONOCHROME1), Display.plain());
    byte[] whole = DicomWriter.toBytes(image);

    assertThatThrownBy(() -> DicomReader.read(Arrays.copyOf(whole, whole.length - 1000)))
        .isInstanceOfSatisfying(
            DicomException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TRUNCATED))
        .hasMessage(
            "The DICOM file is truncated: element (7FE0,0010) at byte 900 needs 1200 bytes, but 200"
                + " are left");
  }

  @Test
  void refusesASampleThatItsBitsCannotHold() {
    DicomImage image =
        new DicomImage(
            TestImages.IDS,
            PixelFormat.unsigned16(1, 2, 12, Photometric.MONOCHROME2),
            Display.plain(),
            new short[] {0, 4096});

    assertThatThrownBy(() -> DicomWriter.toBytes(image))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Pixel 1 is 4096, which 12 unsigned bits cannot hold");
  }

  @Test
  void makesTheSameValidUidFromTheSameName() {
    String uid = DicomIds.uidOf("study 1");

    assertThat(uid).isEqualTo(DicomIds.uidOf("study 1")).matches("2\\.25\\.[1-9][0-9]{0,38}");
    assertThat(uid).isNotEqualTo(DicomIds.uidOf("study 2"));
    assertThat(uid.length()).isLessThanOrEqualTo(64);
  }
}
