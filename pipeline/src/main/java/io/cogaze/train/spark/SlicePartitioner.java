package io.cogaze.train.spark;

import org.apache.spark.Partitioner;

/** Slice i goes to partition i; the reports, under the index after the last, to partition 0. */
final class SlicePartitioner extends Partitioner {
  private static final long serialVersionUID = 1L;

  private final int slices;

  SlicePartitioner(int slices) {
    this.slices = slices;
  }

  @Override
  public int numPartitions() {
    return slices;
  }

  @Override
  public int getPartition(Object key) {
    return (Integer) key % slices;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SlicePartitioner partitioner && partitioner.slices == slices;
  }

  @Override
  public int hashCode() {
    return slices;
  }
}
