package io.cogaze.dicom;

import java.util.Optional;

/**
 * A look-up table from modality values to display values (DICOM PS3.3 C.11.2).
 *
 * @param first the value that maps to table[0]; smaller ones do too
 * @param bits bits of a table entry, 8 to 16
 * @param table the display values, each 0 to 2^bits - 1
 */
public record VoiLut(int first, int bits, int[] table) {
  private static final int NEAR = 10;
  private static final int FAR = 30;

  /**
   * A window with the table's centre and slope there: the centre is the entry nearest to half of
   * the largest output; the slope is the mean of those over 10 to 30 entries on each side. A
   * falling table gives a negative width. Empty for a table without slope at its centre.
   */
  public Optional<Window> approximateWindow() {
    if (table.length < 2) {
      return Optional.empty();
    }
    double half = (1 << bits) / 2.0;
    int middle = 0;
    for (int i = 1; i < table.length; i++) {
      if (Math.abs(table[i] - half) < Math.abs(table[middle] - half)) {
        middle = i;
      }
    }
    double sum = 0;
    int count = 0;
    for (int step = NEAR; step <= FAR; step++) {
      int low = Math.max(0, middle - step);
      int high = Math.min(table.length - 1, middle + step);
      sum += (double) (table[high] - table[low]) / (high - low);
      count++;
    }
    double slope = sum / count;
    return slope == 0
        ? Optional.empty()
        : Optional.of(new Window(first + (double) middle, (1 << bits) / slope));
  }
}
