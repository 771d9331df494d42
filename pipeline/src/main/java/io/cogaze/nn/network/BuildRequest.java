package io.cogaze.nn.network;

import io.cogaze.nn.loss.ClassOutput;
import io.cogaze.nn.loss.SaliencyOutput;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.loss.TripletOutput;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * What to build of a network.
 *
 * @param heads the outputs; at least one
 * @param trainableParts parts that receive gradient; empty for inference
 * @param seed decides the initial parameters and the dropout masks
 * @param updater of every trainable parameter; batch normalisation's running statistics have none
 * @param lossWeights factor of each head's loss, finite and >= 0; 1 where absent
 * @param triplet the loss of {@link Head#EMBEDDING}
 * @param learnedWeights heads beside whose weight a sigma is learned, see {@link
 *     io.cogaze.nn.loss.LossWeight}; of the heads, but {@link Head#EMBEDDING}
 */
public record BuildRequest(
    Set<Head> heads,
    Set<String> trainableParts,
    long seed,
    IUpdater updater,
    Map<Head, Double> lossWeights,
    TripletOptions triplet,
    Set<Head> learnedWeights) {

  public BuildRequest {
    if (heads.isEmpty()) {
      throw new IllegalArgumentException("A network needs at least one head, none was requested");
    }
    heads = Collections.unmodifiableSet(EnumSet.copyOf(heads));
    trainableParts = Collections.unmodifiableSet(new LinkedHashSet<String>(trainableParts));
    Map<Head, Double> weights = new EnumMap<>(Head.class);
    weights.putAll(lossWeights);
    weights.forEach(
        (head, weight) -> {
          if (!(weight >= 0) || weight.isInfinite()) {
            throw new IllegalArgumentException(
                "The loss weight of " + head + " is " + weight + ", expected a number >= 0");
          }
        });
    lossWeights = Collections.unmodifiableMap(weights);
    Set<Head> learned = EnumSet.noneOf(Head.class);
    learned.addAll(learnedWeights);
    for (Head head : learned) {
      if (!heads.contains(head) || head == Head.EMBEDDING) {
        throw new IllegalArgumentException(
            "The loss weight of "
                + head
                + " cannot be learned: of the outputs "
                + heads
                + " it can for all but EMBEDDING");
      }
    }
    learnedWeights = Collections.unmodifiableSet(learned);
  }

  /** A request with loss weights that stay. */
  public BuildRequest(
      Set<Head> heads,
      Set<String> trainableParts,
      long seed,
      IUpdater updater,
      Map<Head, Double> lossWeights,
      TripletOptions triplet) {
    this(heads, trainableParts, seed, updater, lossWeights, triplet, Set.of());
  }

  /** A request to train parts, with loss weights of 1 and the default triplet loss. */
  public static BuildRequest train(
      Set<Head> heads, Set<String> trainableParts, long seed, IUpdater updater) {
    return new BuildRequest(
        heads, trainableParts, seed, updater, Map.of(), TripletOptions.defaults());
  }

  /** A request for inference: everything is frozen. */
  public static BuildRequest inference(Set<Head> heads) {
    return train(heads, Set.of(), 0, new NoOp());
  }

  /** The factor of a head's loss. */
  private double lossWeight(Head head) {
    return lossWeights.getOrDefault(head, 1.0);
  }

  /** The output of a class head. */
  ClassOutput classOutput(Head head) {
    return new ClassOutput(lossWeight(head), learnedWeights.contains(head));
  }

  /** The output of {@link Head#SALIENCY}. */
  SaliencyOutput saliencyOutput() {
    return new SaliencyOutput(lossWeight(Head.SALIENCY), learnedWeights.contains(Head.SALIENCY));
  }

  /** The output of {@link Head#EMBEDDING}. */
  TripletOutput embeddingOutput(int classes) {
    return new TripletOutput(lossWeight(Head.EMBEDDING), triplet, classes);
  }
}
