package io.cogaze.synthetic;

import java.io.Serializable;

/**
 * Block {@code cogaze.synthetic}: what the phantoms look like and how long they are read.
 *
 * @param imageScale side length of a picture divided by the real data's (1.0 gives 2544 x 3056 px
 *     and the like, 0.125 gives 318 x 382 px), (0, 1]
 * @param difficulty how well the classes hide: 0 easy, 1 hard
 * @param shareNormal relative share of class Normal
 * @param shareChf relative share of class CHF
 * @param sharePneumonia relative share of class pneumonia
 * @param severalImagesShare share of patients with more than one image, [0, 0.9]
 * @param monochrome1Share share of files stored inverted as MONOCHROME1, [0, 1]
 * @param landscapeShare share of pictures wider than high, [0, 1]
 * @param readingSeconds typical time of one reading, in seconds
 * @param readingSecondsMin shortest reading, in seconds
 * @param readingSecondsMax longest reading, in seconds
 * @param samplesPerSecond rate of the eye tracker, in samples a second
 * @param lostPacketShare share of gaze samples that never arrive, [0, 0.5]
 * @param imagesPerSession images read between two pauses
 * @param imagesPerCalibration images between two calibration stimuli
 */
public record SyntheticSettings(
    double imageScale,
    double difficulty,
    double shareNormal,
    double shareChf,
    double sharePneumonia,
    double severalImagesShare,
    double monochrome1Share,
    double landscapeShare,
    double readingSeconds,
    double readingSecondsMin,
    double readingSecondsMax,
    double samplesPerSecond,
    double lostPacketShare,
    int imagesPerSession,
    int imagesPerCalibration)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public SyntheticSettings {
    require(imageScale >= 0.05 && imageScale <= 1, "image-scale", imageScale, "between 0.05 and 1");
    require(difficulty >= 0 && difficulty <= 1, "difficulty", difficulty, "between 0 and 1");
    require(shareNormal >= 0, "share-normal", shareNormal, "at least 0");
    require(shareChf >= 0, "share-chf", shareChf, "at least 0");
    require(sharePneumonia >= 0, "share-pneumonia", sharePneumonia, "at least 0");
    double sum = shareNormal + shareChf + sharePneumonia;
    require(sum > 0, "share-normal + share-chf + share-pneumonia", sum, "above 0");
    require(
        severalImagesShare >= 0 && severalImagesShare <= 0.9,
        "several-images-share",
        severalImagesShare,
        "between 0 and 0.9");
    require(
        monochrome1Share >= 0 && monochrome1Share <= 1,
        "monochrome1-share",
        monochrome1Share,
        "between 0 and 1");
    require(
        landscapeShare >= 0 && landscapeShare <= 1,
        "landscape-share",
        landscapeShare,
        "between 0 and 1");
    require(
        readingSecondsMin >= 1 && readingSecondsMin <= readingSeconds,
        "reading-seconds-min",
        readingSecondsMin,
        "at least 1 and at most reading-seconds = " + readingSeconds);
    require(
        readingSecondsMax >= readingSeconds && readingSecondsMax <= 600,
        "reading-seconds-max",
        readingSecondsMax,
        "at least reading-seconds = " + readingSeconds + " and at most 600");
    require(
        samplesPerSecond >= 20 && samplesPerSecond <= 500,
        "samples-per-second",
        samplesPerSecond,
        "between 20 and 500");
    require(
        lostPacketShare >= 0 && lostPacketShare <= 0.5,
        "lost-packet-share",
        lostPacketShare,
        "between 0 and 0.5");
    require(imagesPerSession >= 1, "images-per-session", imagesPerSession, "at least 1");
    require(
        imagesPerCalibration >= 1, "images-per-calibration", imagesPerCalibration, "at least 1");
  }

  /** The values of reference.conf, for tests and for callers without a configuration. */
  public static SyntheticSettings defaults() {
    return new SyntheticSettings(
        0.125, 0.5, 0.34, 0.33, 0.33, 0.04, 0.25, 0.15, 12, 5, 30, 60, 0.005, 30, 20);
  }

  private static void require(boolean holds, String key, double value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(
          "cogaze.synthetic." + key + " = " + value + ", but it must be " + range + ".");
    }
  }
}
