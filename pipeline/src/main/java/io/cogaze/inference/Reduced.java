package io.cogaze.inference;

import io.cogaze.metric.MapPoint;
import io.cogaze.shard.Example;
import io.cogaze.shard.SaliencyTarget;
import io.cogaze.shard.ShardFixation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An example's picture, gaze and fixations at the size that a network sees: height and width
 * divided by a whole number, grey values averaged over the block, gaze summed. Sums are exact, in
 * integers.
 */
final class Reduced {
  private static final int UNSIGNED = 0xFFFF;
  private static final double WHITE = 65535.0;

  private final Example example;
  private final int factor;

  Reduced(Example example, int factor) {
    this.example = example;
    this.factor = factor;
  }

  int height() {
    return example.height() / factor;
  }

  int width() {
    return example.width() / factor;
  }

  /** The gaze map, sum 1 in float64; empty without gaze or without mass. */
  Optional<double[]> gaze() {
    SaliencyTarget target = example.gaze().orElse(null);
    if (target == null) {
      return Optional.empty();
    }
    long total = 0;
    for (short value : target.values()) {
      total += value & UNSIGNED;
    }
    if (total == 0) {
      return Optional.empty();
    }
    double[] map = new double[height() * width()];
    for (int i = 0; i < map.length; i++) {
      map[i] = (double) blockSum(target.values(), i) / total;
    }
    return Optional.of(map);
  }

  /** Grey values in [0,1]. */
  float[] grey() {
    float[] grey = new float[height() * width()];
    for (int i = 0; i < grey.length; i++) {
      grey[i] = (float) (blockSum(example.pixels(), i) / (WHITE * factor * factor));
    }
    return grey;
  }

  /** Grey values in 8 bits, rounded. */
  byte[] bytes() {
    float[] grey = grey();
    byte[] bytes = new byte[grey.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.round(grey[i] * 255);
    }
    return bytes;
  }

  List<MapPoint> fixations() {
    List<MapPoint> points = new ArrayList<>(example.fixations().size());
    for (ShardFixation fixation : example.fixations()) {
      points.add(new MapPoint((double) fixation.x() / factor, (double) fixation.y() / factor));
    }
    return points;
  }

  static float[] narrow(double[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }

  private long blockSum(short[] values, int index) {
    int row = index / width();
    int column = index % width();
    long sum = 0;
    for (int y = row * factor; y < (row + 1) * factor; y++) {
      for (int x = column * factor; x < (column + 1) * factor; x++) {
        sum += values[y * example.width() + x] & UNSIGNED;
      }
    }
    return sum;
  }
}
