package io.cogaze.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImageCodecTest {

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 40));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void givesBackAnyPictureAndMaskThatWasWritten(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    int width = random.nextInt(1, 50);
    int height = random.nextInt(1, 50);
    GreyImage eight = GreyImage.black(width, height);
    GreyImage sixteen = GreyImage.black(width, height);
    for (int i = 0; i < width * height; i++) {
      eight.values()[i] = random.nextInt(256) / 255f;
      sixteen.values()[i] = random.nextInt(65536) / 65535f;
    }
    BitMask mask = BitMask.of(width, height, (x, y) -> random.nextBoolean());

    assertThat(ImageCodec.readGrey(ImageCodec.writePng8(eight)).values())
        .as("seed %d", seed)
        .isEqualTo(eight.values());
    assertThat(ImageCodec.readGrey(ImageCodec.writePng16(sixteen)).values())
        .as("seed %d", seed)
        .isEqualTo(sixteen.values());
    BitMask read = ImageCodec.readMask(ImageCodec.writePng(mask));
    assertThat(read.bits()).as("seed %d", seed).isEqualTo(mask.bits());
    assertThat(read.width()).isEqualTo(width);
  }

  @Test
  void readsTheMaskOfAColourPictureWhateverItsTransparency() throws IOException {
    BufferedImage picture = new BufferedImage(3, 1, BufferedImage.TYPE_INT_ARGB);
    picture.setRGB(0, 0, new Color(187, 73, 73, 255).getRGB());
    picture.setRGB(1, 0, new Color(0, 0, 0, 255).getRGB());
    picture.setRGB(2, 0, new Color(0, 0, 1, 255).getRGB());

    BitMask mask = ImageCodec.readMask(encoded(picture, "png"));

    assertThat(mask.at(0, 0)).isTrue();
    assertThat(mask.at(1, 0)).isFalse();
    assertThat(mask.at(2, 0)).isTrue();
  }

  @Test
  void turnsColoursIntoTheirLuma() throws IOException {
    BufferedImage picture = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(0, 0, new Color(255, 0, 51).getRGB());

    assertThat(ImageCodec.readGrey(encoded(picture, "png")).at(0, 0))
        .isCloseTo(0.299f + 0.114f * 0.2f, within(1e-6f));
  }

  @Test
  void readsPalettesAndJpegFiles() throws IOException {
    BufferedImage indexed = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_INDEXED);
    indexed.setRGB(1, 0, Color.WHITE.getRGB());
    BufferedImage grey = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setSamples(0, 0, 16, 16, 0, filled(256, 100));

    assertThat(ImageCodec.readGrey(encoded(indexed, "png")).values()).containsExactly(0f, 1f);
    assertThat(ImageCodec.readGrey(encoded(grey, "jpeg")).at(8, 8))
        .isCloseTo(100 / 255f, within(0.005f));
  }

  @Test
  void saysWithWhatAnotherFileStarts() {
    assertThatThrownBy(() -> ImageCodec.readGrey(new byte[] {'G', 'I', 'F', '8', '9'}))
        .isInstanceOf(ImageFormatException.class)
        .hasMessage("The file is neither PNG nor JPEG: it has 5 bytes and starts with 47 49 46 38");
    assertThatThrownBy(() -> ImageCodec.readGrey(new byte[0]))
        .hasMessage("The file is neither PNG nor JPEG: it has 0 bytes and starts with nothing");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void neverThrowsAnythingElseForDamagedFiles(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    GreyImage image = GreyImage.black(20, 20);
    for (int i = 0; i < 400; i++) {
      image.values()[i] = (float) random.nextDouble();
    }
    BufferedImage grey = new BufferedImage(20, 20, BufferedImage.TYPE_BYTE_GRAY);
    byte[] whole = random.nextBoolean() ? ImageCodec.writePng8(image) : encoded(grey, "jpeg");

    for (int round = 0; round < 20; round++) {
      byte[] file = whole.clone();
      for (int flips = random.nextInt(1, 8); flips > 0; flips--) {
        file[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
      }
      byte[] cut = Arrays.copyOf(file, random.nextInt(file.length + 1));
      try {
        assertThat(ImageCodec.readGrey(cut).width()).isPositive();
      } catch (ImageFormatException e) {
        assertThat(e).as("seed %d", seed).hasMessageMatching("(?s)The (file|png|jpeg|picture) .*");
      }
    }
  }

  private static int[] filled(int length, int value) {
    int[] values = new int[length];
    Arrays.fill(values, value);
    return values;
  }

  private static byte[] encoded(BufferedImage picture, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(picture, format, out)).isTrue();
    return out.toByteArray();
  }
}
