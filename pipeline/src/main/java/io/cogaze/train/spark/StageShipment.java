package io.cogaze.train.spark;

import io.cogaze.shard.ShardHandle;
import io.cogaze.train.step.StageDefinition;
import java.io.Serializable;

/**
 * What executors need of a stage, sent once.
 *
 * @param shards where examples are read; null where workers get their batches as arrays
 * @param frozen values of the frozen parts
 * @param cacheBytes memory of each executor for decoded examples
 * @param cacheFrozenFeatures whether the frozen beginning's activations are computed once an
 *     example
 * @param prefetchBatches batches that a worker reads ahead
 * @param batch examples of a training step; 0 where the shipment does not say
 * @param sendsDeltas whether workers send 16-bit differences
 */
record StageShipment(
    StageDefinition definition,
    ShardHandle shards,
    float[] frozen,
    long cacheBytes,
    boolean cacheFrozenFeatures,
    int prefetchBatches,
    int batch,
    boolean sendsDeltas)
    implements Serializable {
  private static final long serialVersionUID = 1L;
}
