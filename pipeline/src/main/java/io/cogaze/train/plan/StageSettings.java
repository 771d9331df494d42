package io.cogaze.train.plan;

import io.cogaze.config.Default;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One training stage.
 *
 * @param heads the network outputs that are trained, by name, with their loss weights
 * @param trainable names of the network parts that learn
 * @param frozen names of the parts that take part but stay as they are, running statistics too
 * @param initWeights the tensors that come from earlier stages; everything else starts at random
 * @param sampler how batches are composed
 * @param batchSize most examples of a batch
 * @param averagingFrequency batches of a worker between two averagings
 * @param epochs most passes over the training examples
 * @param updater the optimiser
 * @param plateau the learning-rate schedule; without it the rate stays
 * @param selection the metric that chooses the best checkpoint
 * @param earlyStoppingPatience epochs without a better value after which the stage ends
 * @param inputReduction factor by which height and width of the shards are reduced, 1 = not
 * @param accumulate batches whose gradients make one step of the optimiser
 * @param clipGlobalNorm longest that the gradient of all learned parameters together may be
 * @param learnedWeights heads beside whose loss weight a sigma is learned
 */
public record StageSettings(
    Map<String, Double> heads,
    List<String> trainable,
    List<String> frozen,
    List<InitWeights> initWeights,
    SamplerKind sampler,
    int batchSize,
    int averagingFrequency,
    int epochs,
    UpdaterSettings updater,
    Optional<PlateauSettings> plateau,
    Selection selection,
    int earlyStoppingPatience,
    int inputReduction,
    @Default("1") int accumulate,
    Optional<Double> clipGlobalNorm,
    @Default("[]") List<String> learnedWeights) {
  /**
   * A stage whose optimiser steps on each batch, by gradients of any length, and whose loss weights
   * stay.
   */
  public StageSettings(
      Map<String, Double> heads,
      List<String> trainable,
      List<String> frozen,
      List<InitWeights> initWeights,
      SamplerKind sampler,
      int batchSize,
      int averagingFrequency,
      int epochs,
      UpdaterSettings updater,
      Optional<PlateauSettings> plateau,
      Selection selection,
      int earlyStoppingPatience,
      int inputReduction) {
    this(
        heads,
        trainable,
        frozen,
        initWeights,
        sampler,
        batchSize,
        averagingFrequency,
        epochs,
        updater,
        plateau,
        selection,
        earlyStoppingPatience,
        inputReduction,
        1,
        Optional.empty(),
        List.of());
  }

  /** Errors: {@link IllegalArgumentException} for a value out of range or a part named twice. */
  public StageSettings {
    heads = new TreeMap<>(heads);
    trainable = List.copyOf(trainable);
    frozen = List.copyOf(frozen);
    initWeights = List.copyOf(initWeights);
    learnedWeights = List.copyOf(learnedWeights);
    if (heads.isEmpty()) {
      throw new IllegalArgumentException("heads is empty; name the outputs to train");
    }
    heads.forEach(
        (head, weight) -> FloatRange.require("The loss weight of head '" + head + "'", weight));
    for (String head : learnedWeights) {
      if (!heads.containsKey(head)) {
        throw new IllegalArgumentException(
            "learned-weights names head '" + head + "', but heads has " + heads.keySet());
      }
    }
    if (trainable.isEmpty()) {
      throw new IllegalArgumentException("trainable is empty; name the parts that learn");
    }
    for (String part : frozen) {
      if (trainable.contains(part)) {
        throw new IllegalArgumentException(
            "Part '" + part + "' is both trainable and frozen; name it once");
      }
    }
    requirePositive("batch-size", batchSize);
    requirePositive("averaging-frequency", averagingFrequency);
    requirePositive("epochs", epochs);
    requirePositive("early-stopping-patience", earlyStoppingPatience);
    requirePositive("input-reduction", inputReduction);
    requirePositive("accumulate", accumulate);
    clipGlobalNorm.ifPresent(norm -> FloatRange.require("clip-global-norm", norm));
  }

  private static void requirePositive(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(key + " must be 1 or more but is " + value);
    }
  }
}
