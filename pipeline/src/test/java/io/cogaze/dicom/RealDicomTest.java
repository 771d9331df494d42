package io.cogaze.dicom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A public file that the project does not ship; its facts were measured with pydicom. */
class RealDicomTest {
  private static final String FOLDER = System.getProperty("cogaze.test.real-radiographs", "");

  @Test
  void readsARadiographInJpegBaseline() throws IOException {
    assumeTrue(
        !FOLDER.isEmpty(),
        "Skipped: give a folder of public radiographs by -Dcogaze.test.real-radiographs=DIR");
    Path file = Path.of(FOLDER, "dicom/1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819.dcm");

    DicomImage image;
    try (InputStream in = Files.newInputStream(file)) {
      image = DicomReader.read(in);
    }

    assertThat(image.transferSyntaxUid()).isEqualTo("1.2.840.10008.1.2.4.50");
    assertThat(image.format())
        .isEqualTo(new PixelFormat(1024, 1024, 8, 8, 7, false, Photometric.MONOCHROME2));
    assertThat(image.ids().modality()).isEqualTo("CR");
    assertThat(image.ids().viewPosition()).isEqualTo("PA");
    assertThat(image.spacing().orElseThrow().rowMm()).isCloseTo(0.168, within(0.0005));
    assertThat(image.display().windows()).isEmpty();
    double sum = 0;
    for (float value : image.storedValues()) {
      sum += value;
    }
    assertThat(sum / image.samples().length).isCloseTo(160.40, within(0.1));
    assertThat(image.sample(60 * 1024 + 2)).isCloseTo(8, within(1));
  }
}
