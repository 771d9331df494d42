package io.cogaze.synthetic;

/** Settings of small and quick data sets. */
final class Fixtures {
  private Fixtures() {}

  static SyntheticSettings small() {
    return at(0.0625, 0.5);
  }

  static SyntheticSettings at(double imageScale, double difficulty) {
    return new SyntheticSettings(
        imageScale, difficulty, 0.34, 0.33, 0.33, 0.1, 0.25, 0.15, 4, 2, 8, 60, 0.01, 30, 20);
  }
}
