package io.cogaze.dataset;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Gaze of one reader on one image: raw samples or fixations, in original image pixels.
 *
 * @param startS start in seconds from the beginning of the reading
 * @param durationS duration in seconds; 0 for raw samples
 * @param x column, truncated towards zero; may lie outside the image
 * @param y row, the same
 * @param invalid rows that the eye tracker marked as invalid (blinks, saccades); left out
 * @param malformed rows with a value that is no number; left out
 * @param firstRow byte offset of the track's first row in its table, for messages
 * @param firstMalformed byte offset of the first malformed row, or {@link Long#MAX_VALUE}
 */
public record GazeTrack(
    float[] startS,
    float[] durationS,
    int[] x,
    int[] y,
    long invalid,
    long malformed,
    long firstRow,
    long firstMalformed)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Number of valid points. */
  public int size() {
    return x.length;
  }

  /** All rows of the table that went into the track. */
  public long rows() {
    return size() + invalid + malformed;
  }

  /** The parts as one track, its points ordered by time, then place: the same for any order. */
  public static GazeTrack merge(List<GazeTrack> parts) {
    int size = parts.stream().mapToInt(GazeTrack::size).sum();
    float[] startS = new float[size];
    float[] durationS = new float[size];
    int[] x = new int[size];
    int[] y = new int[size];
    int at = 0;
    for (GazeTrack part : parts) {
      System.arraycopy(part.startS, 0, startS, at, part.size());
      System.arraycopy(part.durationS, 0, durationS, at, part.size());
      System.arraycopy(part.x, 0, x, at, part.size());
      System.arraycopy(part.y, 0, y, at, part.size());
      at += part.size();
    }
    Integer[] order = new Integer[size];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order,
        Comparator.<Integer>comparingDouble(i -> startS[i])
            .thenComparingDouble(i -> durationS[i])
            .thenComparingInt(i -> x[i])
            .thenComparingInt(i -> y[i]));
    GazeTrack sorted =
        new GazeTrack(
            new float[size],
            new float[size],
            new int[size],
            new int[size],
            parts.stream().mapToLong(GazeTrack::invalid).sum(),
            parts.stream().mapToLong(GazeTrack::malformed).sum(),
            parts.stream().mapToLong(GazeTrack::firstRow).min().orElse(0),
            parts.stream().mapToLong(GazeTrack::firstMalformed).min().orElse(Long.MAX_VALUE));
    for (int i = 0; i < size; i++) {
      sorted.startS[i] = startS[order[i]];
      sorted.durationS[i] = durationS[order[i]];
      sorted.x[i] = x[order[i]];
      sorted.y[i] = y[order[i]];
    }
    return sorted;
  }
}
