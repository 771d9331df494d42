package io.cogaze.synthetic;

/**
 * Who is examined: turns an image's index into its patient, ids, class and size, without a list of
 * the others, so that any task can plan any image.
 */
final class Cohort {
  private static final int IDS = 10_000_000;

  /** Rows x columns of common detectors, portrait first. */
  private static final int[][] SIZES = {
    {3056, 2544}, {3056, 2544}, {3056, 2544}, {3050, 2539}, {2992, 2991}, {3056, 2040}
  };

  private static final int[][] LANDSCAPE = {{2544, 3056}, {2544, 3056}, {2539, 3050}, {2022, 2022}};

  private final SyntheticSettings settings;
  private final long seed;
  private final long patientFactor;
  private final long patientOffset;
  private final long studyFactor;
  private final long studyOffset;
  private final double classOffset;

  Cohort(SyntheticSettings settings, long seed) {
    this.settings = settings;
    this.seed = seed;
    Draw draw = Draw.of(seed, 0, "cohort");
    this.patientFactor = coprime(draw);
    this.patientOffset = draw.below(IDS);
    this.studyFactor = coprime(draw);
    this.studyOffset = draw.below(IDS);
    this.classOffset = draw.unit();
  }

  /** Largest number of images that have ids of their own. */
  static int limit() {
    return IDS;
  }

  CasePlan plan(long imageIndex) {
    long first = imageIndex;
    while (first > 0 && continues(first)) {
      first--;
    }
    Draw draw = Draw.of(seed, imageIndex, "plan");
    String dicomId = dicomId(draw);
    boolean landscape = draw.chance(settings.landscapeShare());
    int[][] sizes = landscape ? LANDSCAPE : SIZES;
    int[] size = sizes[draw.below(sizes.length)];
    return new CasePlan(
        seed,
        imageIndex,
        first,
        dicomId,
        IDS + (int) ((first * patientFactor + patientOffset) % IDS),
        5 * IDS + (int) ((imageIndex * studyFactor + studyOffset) % IDS),
        disease(imageIndex),
        scaled(size[1]),
        scaled(size[0]),
        draw.chance(settings.monochrome1Share()));
  }

  private int scaled(int side) {
    return Math.max(32, (int) Math.round(side * settings.imageScale()));
  }

  /** Whether the image is a further one of the patient of the image before it. */
  private boolean continues(long imageIndex) {
    return Draw.of(seed, imageIndex, "same patient").chance(settings.severalImagesShare());
  }

  /** Low-discrepancy draw (golden ratio), so that even a small cohort has its shares. */
  private Disease disease(long imageIndex) {
    double at = classOffset + imageIndex * 0.6180339887498949;
    at =
        (at - Math.floor(at))
            * (settings.shareNormal() + settings.shareChf() + settings.sharePneumonia());
    if (at < settings.shareNormal()) {
      return Disease.NORMAL;
    }
    return at < settings.shareNormal() + settings.shareChf() ? Disease.CHF : Disease.PNEUMONIA;
  }

  private static String dicomId(Draw draw) {
    StringBuilder id = new StringBuilder(44);
    for (int group = 0; group < 5; group++) {
      if (group > 0) {
        id.append('-');
      }
      String hex = Integer.toHexString((int) (draw.bits() >>> 32));
      id.append("00000000", 0, 8 - hex.length()).append(hex);
    }
    return id.toString();
  }

  private static long coprime(Draw draw) {
    while (true) {
      long factor = 1L + draw.below(IDS - 1);
      if (factor % 2 != 0 && factor % 5 != 0) {
        return factor;
      }
    }
  }
}
