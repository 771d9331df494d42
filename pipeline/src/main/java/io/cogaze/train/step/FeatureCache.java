package io.cogaze.train.step;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Activations of a stage's frozen beginning by example, up to a number of bytes; what does not fit
 * is computed again. Thread safe.
 */
public final class FeatureCache {
  private final ConcurrentMap<String, float[][]> byExample = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final long capacityBytes;

  /** An empty cache. */
  public FeatureCache(long capacityBytes) {
    this.capacityBytes = capacityBytes;
  }

  Optional<float[][]> get(String exampleId) {
    return Optional.ofNullable(byExample.get(exampleId));
  }

  void put(String exampleId, float[][] features) {
    long size = exampleId.length();
    for (float[] array : features) {
      size += (long) Float.BYTES * array.length;
    }
    if (bytes.addAndGet(size) > capacityBytes
        || byExample.putIfAbsent(exampleId, features) != null) {
      bytes.addAndGet(-size);
    }
  }

  /** The number of examples held. */
  public int size() {
    return byExample.size();
  }
}
