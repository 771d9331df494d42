package io.cogaze.train.step;

import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.network.Turns;
import io.cogaze.shard.Example;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Computes the activations of a stage's frozen beginning, one example at a time, so that they do
 * not depend on which batch an example was first met in. Not thread safe, but for the cache.
 */
final class FrozenFeatures {
  private final StageNetwork whole;
  private final List<String> boundary;
  private final BatchAssembler assembler;
  private final FeatureCache cache;
  private final long[][] shapes;
  private long nanos;

  FrozenFeatures(
      StageNetwork whole, List<String> boundary, BatchAssembler assembler, FeatureCache cache) {
    this.whole = whole;
    this.boundary = boundary;
    this.assembler = assembler;
    this.cache = cache;
    this.shapes = new long[boundary.size()][];
  }

  /** The inputs of the network after the cut for a batch. */
  INDArray[] inputs(List<Example> batch) {
    float[][] stacked = new float[boundary.size()][];
    for (int i = 0; i < batch.size(); i++) {
      float[][] ofExample = features(batch.get(i));
      for (int b = 0; b < stacked.length; b++) {
        if (i == 0) {
          stacked[b] = new float[ofExample[b].length * batch.size()];
        }
        System.arraycopy(ofExample[b], 0, stacked[b], i * ofExample[b].length, ofExample[b].length);
      }
    }
    INDArray[] inputs = new INDArray[stacked.length];
    for (int b = 0; b < inputs.length; b++) {
      long[] shape = shape(b, batch.get(0)).clone();
      shape[0] = batch.size();
      inputs[b] = Nd4j.createFromArray(stacked[b]).reshape('c', shape);
    }
    return inputs;
  }

  /** Time in the frozen network since this was last asked. */
  long takeNanos() {
    long taken = nanos;
    nanos = 0;
    return taken;
  }

  private float[][] features(Example example) {
    return cache.get(example.exampleId()).orElseGet(() -> computed(example));
  }

  private float[][] computed(Example example) {
    INDArray[] activations = activations(example);
    float[][] features = new float[activations.length][];
    for (int b = 0; b < features.length; b++) {
      features[b] = HostValues.floats(activations[b]);
    }
    cache.put(example.exampleId(), features);
    return features;
  }

  private long[] shape(int index, Example example) {
    if (shapes[index] == null) {
      activations(example);
    }
    return shapes[index];
  }

  private INDArray[] activations(Example example) {
    INDArray image = assembler.images(List.of(example));
    long start = System.nanoTime();
    INDArray[] activations = Turns.output(whole.graph(), boundary, image);
    for (int b = 0; b < activations.length; b++) {
      shapes[b] = activations[b].shape();
    }
    nanos += System.nanoTime() - start;
    return activations;
  }
}
