package io.cogaze.metric;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * The ranking of a score against a yes/no truth: the exact area under the ROC curve, with ties, and
 * the curve. Sorted once; a bootstrap resample then costs one pass.
 *
 * <p>The area is the Mann-Whitney statistic: the share of (positive, negative) pairs in which the
 * positive has the higher score, an equal score counting one half (Hanley and McNeil, Radiology
 * 143, 1982). Pairs are counted in 64-bit integers, so the result does not depend on the order of
 * the examples. It equals the trapezoid under the curve.
 */
public final class RocRanking {
  /** One point of the curve; the first is (0,0), the last (1,1). */
  public record Point(double falsePositiveRate, double truePositiveRate) {}

  /** Item (position in the input) at each rank, by descending score. */
  private final int[] order;

  /** True at a rank when the next rank has a lower score, and at the last rank. */
  private final boolean[] endsTie;

  private final boolean[] positive;

  private RocRanking(int[] order, boolean[] endsTie, boolean[] positive) {
    this.order = order;
    this.endsTie = endsTie;
    this.positive = positive;
  }

  /**
   * Ranks scores.
   *
   * @param scores higher means more likely positive; any finite values
   * @param positive the truth, of the same length
   * @throws IllegalArgumentException if lengths differ or a score is NaN or infinite
   */
  public static RocRanking of(double[] scores, boolean[] positive) {
    Checks.sameLength("scores", scores.length, "truth", positive.length);
    Checks.finite("scores", scores);
    int[] order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -scores[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    boolean[] endsTie = new boolean[order.length];
    for (int r = 0; r < order.length; r++) {
      // Compared with ==, so that 0.0 and -0.0 tie.
      endsTie[r] = r + 1 == order.length || scores[order[r]] != scores[order[r + 1]];
    }
    return new RocRanking(order, endsTie, positive.clone());
  }

  /** The area under the curve in [0,1], or empty when there is no positive or no negative. */
  public OptionalDouble auroc() {
    return area(null, 1);
  }

  /**
   * The area when item i is present {@code weights[i / itemsPerWeight]} times.
   *
   * @param itemsPerWeight how many consecutive items share a weight: 1, or the number of classes in
   *     a flattened one-hot ranking
   */
  OptionalDouble auroc(int[] weights, int itemsPerWeight) {
    Checks.sameLength(
        "items", order.length, "weights x items per weight", weights.length * itemsPerWeight);
    return area(weights, itemsPerWeight);
  }

  private OptionalDouble area(int[] weights, int itemsPerWeight) {
    long positivesAbove = 0;
    long negatives = 0;
    long halfWins = 0;
    long tiedPositives = 0;
    long tiedNegatives = 0;
    for (int r = 0; r < order.length; r++) {
      int item = order[r];
      long weight = weights == null ? 1 : weights[item / itemsPerWeight];
      if (positive[item]) {
        tiedPositives += weight;
      } else {
        tiedNegatives += weight;
      }
      if (endsTie[r]) {
        halfWins =
            Math.addExact(
                halfWins,
                Math.multiplyExact(
                    tiedNegatives, Math.addExact(2 * positivesAbove, tiedPositives)));
        positivesAbove += tiedPositives;
        negatives += tiedNegatives;
        tiedPositives = 0;
        tiedNegatives = 0;
      }
    }
    if (positivesAbove == 0 || negatives == 0) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(halfWins / (2.0 * positivesAbove * negatives));
  }

  /**
   * The ROC curve, one point per distinct score, from (0,0) to (1,1); empty when there is no
   * positive or no negative.
   */
  public List<Point> curve() {
    long allPositives = 0;
    for (boolean p : positive) {
      allPositives += p ? 1 : 0;
    }
    long allNegatives = positive.length - allPositives;
    List<Point> points = new ArrayList<>();
    if (allPositives == 0 || allNegatives == 0) {
      return points;
    }
    points.add(new Point(0, 0));
    long positives = 0;
    long negatives = 0;
    for (int r = 0; r < order.length; r++) {
      if (positive[order[r]]) {
        positives++;
      } else {
        negatives++;
      }
      if (endsTie[r]) {
        points.add(new Point((double) negatives / allNegatives, (double) positives / allPositives));
      }
    }
    return Collections.unmodifiableList(points);
  }
}
