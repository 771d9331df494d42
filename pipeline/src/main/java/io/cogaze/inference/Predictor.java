package io.cogaze.inference;

import io.cogaze.shard.Example;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/** A trained stage, ready to predict. Used by one task at a time. */
interface Predictor extends AutoCloseable {
  /**
   * What a stage says of one example.
   *
   * @param probabilities shape [C]; empty when the stage has no class output
   * @param map shape [height * width] at the network's size; empty when it has no saliency output
   */
  record Output(Optional<float[]> probabilities, Optional<float[]> map) {}

  /** The outputs of a batch, in its order. */
  List<Output> predict(List<Example> batch);

  @Override
  void close();

  /** Opens predictors on executors. */
  interface Source extends Serializable {
    /** The same for sources that open the same predictor, and for no others. */
    String key();

    /** Opens one; costly. */
    Predictor open();
  }
}
