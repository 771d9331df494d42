package io.cogaze.dicom;

import java.util.SplittableRandom;

/** Small DICOM images made of random numbers. */
final class TestImages {
  static final DicomIds IDS =
      new DicomIds(
          DicomIds.DIGITAL_X_RAY,
          DicomIds.uidOf("image"),
          DicomIds.uidOf("study"),
          DicomIds.uidOf("series"),
          "10000032",
          "50414267",
          "21800506",
          "213014.531",
          "DX",
          "PA");

  private TestImages() {}

  static DicomImage random(long seed, PixelFormat format, Display display) {
    SplittableRandom random = new SplittableRandom(seed);
    short[] samples = new short[format.pixels()];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (short) random.nextInt(format.smallest(), format.largest() + 1);
    }
    return new DicomImage(IDS, format, display, samples);
  }

  /** A smooth picture with a little noise: what compression is made for. */
  static DicomImage smooth(long seed, PixelFormat format, Display display) {
    SplittableRandom random = new SplittableRandom(seed);
    short[] samples = new short[format.pixels()];
    int range = format.largest() - format.smallest();
    for (int y = 0; y < format.rows(); y++) {
      for (int x = 0; x < format.columns(); x++) {
        double wave = 0.5 + 0.4 * Math.sin(x / 7.0) * Math.cos(y / 9.0);
        double value = wave * range + random.nextInt(1 + range / 64);
        samples[y * format.columns() + x] =
            (short) (format.smallest() + (int) Math.min(range, value));
      }
    }
    return new DicomImage(IDS, format, display, samples);
  }
}
