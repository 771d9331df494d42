package io.cogaze.inference;

import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.JavaBytes;
import io.cogaze.shard.ShardHandle;
import io.cogaze.shard.ShardManifest;
import io.cogaze.shard.Split;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The mean gaze map of the training split: what a saliency model that never looks at the picture
 * can predict, and so the floor of its metrics. Each map counts once, with sum 1. Sums are float64,
 * within a chunk in file order and over chunks in their order, whatever the parallelism.
 */
final class MeanGazeMap {
  /** Examples summed by one task; fixed, because it decides the order of the sum. */
  private static final int CHUNK = 256;

  private MeanGazeMap() {}

  /** The mean at the shards' size, sum 1; empty when no training example has gaze. */
  static Optional<double[]> of(
      JavaSparkContext spark, ShardHandle shards, ShardManifest manifest, List<IndexEntry> index) {
    List<IndexEntry> withGaze =
        index.stream().filter(e -> e.split() == Split.TRAIN && e.hasGaze()).toList();
    List<byte[]> chunks = Chunk.cut(withGaze, CHUNK).stream().map(JavaBytes::of).toList();
    if (chunks.isEmpty()) {
      return Optional.empty();
    }
    int pixels = manifest.height() * manifest.width();
    // One chunk a partition: the driver holds one partial sum at a time.
    Iterator<double[]> sums =
        spark
            .parallelize(chunks, chunks.size())
            .map(bytes -> sum(JavaBytes.read(bytes, Chunk.class), shards, pixels))
            .toLocalIterator();
    double[] total = new double[pixels];
    while (sums.hasNext()) {
      add(sums.next(), total);
    }
    double mass = 0;
    for (double value : total) {
      mass += value;
    }
    if (mass == 0) {
      return Optional.empty();
    }
    for (int i = 0; i < pixels; i++) {
      total[i] /= mass;
    }
    return Optional.of(total);
  }

  /** A map at a network's size: the sum over each block. */
  static float[] reduced(double[] map, int height, int width, int factor) {
    double[] sums = new double[(height / factor) * (width / factor)];
    for (int y = 0; y < height / factor * factor; y++) {
      for (int x = 0; x < width / factor * factor; x++) {
        sums[y / factor * (width / factor) + x / factor] += map[y * width + x];
      }
    }
    return Reduced.narrow(sums);
  }

  private static double[] sum(Chunk chunk, ShardHandle shards, int pixels) {
    double[] sum = new double[pixels];
    chunk.forEach(
        shards, example -> new Reduced(example, 1).gaze().ifPresent(map -> add(map, sum)));
    return sum;
  }

  private static void add(double[] values, double[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] += values[i];
    }
  }
}
