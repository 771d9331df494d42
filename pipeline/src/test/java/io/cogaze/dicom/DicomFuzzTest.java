package io.cogaze.dicom;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Assertions;
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
          "jpeg-lossless-12",
          "j2k-12",
          "j2k-lossy-12");

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

  private static void readOrRefuse(byte[] file, String what) {
    Assertions.assertTimeoutPreemptively(
        LONGEST,
        () -> {
          try {
            DicomImage image = DicomReader.read(file);
            assertThat(image.samples()).as(what).hasSize(image.rows() * image.columns());
          } catch (DicomException e) {
            assertThat(e.getMessage()).as(what).matches("(?s)[A-Z].{20,}");
          }
        },
        what);
  }
}
