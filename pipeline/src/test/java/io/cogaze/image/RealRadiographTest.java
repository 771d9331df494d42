package io.cogaze.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Public pictures that the project does not ship; their facts were measured with OpenCV. */
class RealRadiographTest {
  private static final String FOLDER = System.getProperty("cogaze.test.real-radiographs", "");

  @BeforeEach
  void needsTheFolder() {
    assumeTrue(
        !FOLDER.isEmpty(),
        "Skipped: give a folder of public radiographs by -Dcogaze.test.real-radiographs=DIR");
  }

  @Test
  void readsANihPicture() throws IOException {
    GreyImage image =
        ImageCodec.readGrey(Files.readAllBytes(Path.of(FOLDER, "nih/images/00000011_000.png")));

    assertThat(image.width()).isEqualTo(1024);
    assertThat(image.height()).isEqualTo(1024);
    assertThat(image.max()).isBetween(0.9f, 1f);
  }

  @Test
  void readsALungMask() throws IOException {
    BitMask mask =
        ImageCodec.readMask(Files.readAllBytes(Path.of(FOLDER, "lung-pairs/1-mask.png")));

    assertThat(mask.count() / (512.0 * 512)).isCloseTo(0.282, within(0.0005));
  }

  @Test
  void takesTheForegroundOfAColouredMaskFromItsColourNotItsTransparency() throws IOException {
    BitMask mask =
        ImageCodec.readMask(
            Files.readAllBytes(
                Path.of(
                    FOLDER,
                    "lung-masks-rgba/masks/a0d4d479c22f61665000e20fb8c05385cc134327"
                        + "_N4v9PnDW6AAAgbexi.png")));

    assertThat(mask.width()).isEqualTo(360);
    assertThat(mask.height()).isEqualTo(543);
    assertThat(mask.count()).isEqualTo(129_085);
  }
}
