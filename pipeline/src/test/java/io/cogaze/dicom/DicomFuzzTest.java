package io.cogaze.dicom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the bytes, the reader gives an image or a DicomException, soon. */
class DicomFuzzTest {
  private static final Duration LONGEST = Duration.ofSeconds(20);
  private static final List<String> FILES =
      List.of(
          "explicit",
          "implicit",
          "deflated",
          "unknown-sequence",
          "bare-implicit",
          "no-preamble",
          "rle-12",
          "jpeg-baseline",
          "jpeg-extended-12",
          "jpeg-lossless-12");

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 60));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void survivesFlippedBits(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    for (String name : FILES) {
      byte[] file = DicomFixtureTest.resource(name + ".dcm");
      // Few flips reach deep; most of them go where the structure is, not into the pixels.
      int reach = random.nextBoolean() ? file.length : Math.min(file.length, 900);
      for (int flips = random.nextInt(1, 6); flips > 0; flips--) {
        file[random.nextInt(reach)] ^= (byte) (1 << random.nextInt(8));
      }
      readOrRefuse(file, name + ", seed " + seed);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void survivesHugeNumbersAnywhere(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    for (String name : FILES) {
      byte[] file = DicomFixtureTest.resource(name + ".dcm");
      int at = random.nextInt(file.length - 4);
      byte[] huge =
          random.nextBoolean() ? new byte[] {-1, -1, -1, -1} : new byte[] {-2, -1, -1, 127};
      System.arraycopy(huge, 0, file, at, random.nextBoolean() ? 2 : 4);
      readOrRefuse(file, name + ", seed " + seed);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void survivesCutsAndRandomBytes(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    for (String name : FILES) {
      byte[] file = DicomFixtureTest.resource(name + ".dcm");
      readOrRefuse(Arrays.copyOf(file, random.nextInt(file.length)), name + ", seed " + seed);
      byte[] tail = new byte[random.nextInt(1, 400)];
      random.nextBytes(tail);
      int at = random.nextInt(file.length);
      System.arraycopy(tail, 0, file, at, Math.min(tail.length, file.length - at));
      readOrRefuse(file, name + ", seed " + seed);
    }
    byte[] noise = new byte[random.nextInt(2000)];
    random.nextBytes(noise);
    readOrRefuse(noise, "noise, seed " + seed);
    if (noise.length > 140) {
      System.arraycopy(new byte[] {'D', 'I', 'C', 'M', 2, 0}, 0, noise, 128, 6);
      readOrRefuse(noise, "noise with a mark, seed " + seed);
    }
  }

  /** JPEG 2000 alone, because its decoder may run into the time limit: few seeds, a short limit. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("fewSeeds")
  void survivesDamagedJpeg2000Frames(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    PixelFormat format = PixelFormat.unsigned16(34, 37, 12, Photometric.MONOCHROME2);
    for (String name : List.of("j2k-12", "j2k-lossy-12")) {
      byte[] file = DicomFixtureTest.resource(name + ".dcm");
      int start = indexOfCodeStream(file);
      byte[] frame = Arrays.copyOfRange(file, start, file.length);
      int reach = random.nextBoolean() ? frame.length : 200;
      for (int flips = random.nextInt(1, 6); flips > 0; flips--) {
        frame[random.nextInt(reach)] ^= (byte) (1 << random.nextInt(8));
      }
      readOrRefuse(
          () -> Jpeg2000Frame.decode(frame, format, Duration.ofMillis(1500)).length == 34 * 37,
          name + ", seed " + seed);
    }
  }

  static LongStream fewSeeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 12));
  }

  private static int indexOfCodeStream(byte[] file) {
    int at = 0;
    while (file[at] != -1 || file[at + 1] != 0x4F || file[at + 2] != -1 || file[at + 3] != 0x51) {
      at++;
    }
    return at;
  }

  private static void readOrRefuse(byte[] file, String what) {
    readOrRefuse(
        () -> {
          DicomImage image = DicomReader.read(file);
          return image.samples().length == image.rows() * image.columns();
        },
        what);
  }

  private static void readOrRefuse(Callable<Boolean> read, String what) {
    Assertions.assertTimeoutPreemptively(
        LONGEST,
        () -> {
          try {
            assertThat(read.call()).as(what).isTrue();
          } catch (DicomException e) {
            assertThat(e.reason()).as(what).isNotEqualTo(DicomException.Reason.DECODER_FAILURE);
            assertThat(e.getMessage()).as(what).matches("(?s)[A-Z].{20,}");
          }
        },
        what);
  }

  @Test
  void whatIsNotForeseenBecomesAReasonWithTheException() {
    assertThatThrownBy(
            () ->
                DicomReader.guarded(
                    () -> {
                      throw new StackOverflowError("deep");
                    }))
        .isInstanceOfSatisfying(
            DicomException.class,
            e -> assertThat(e.reason()).isEqualTo(DicomException.Reason.DECODER_FAILURE))
        .hasMessageContaining("java.lang.StackOverflowError: deep");
  }
}
