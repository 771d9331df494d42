package io.cogaze.nn.network;

import io.cogaze.nn.loss.TripletOptions;
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
 */
public record BuildRequest(
    Set<Head> heads,
    Set<String> trainableParts,
    long seed,
    IUpdater updater,
    Map<Head, Double> lossWeights,
    TripletOptions triplet) {

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
  public double lossWeight(Head head) {
    return lossWeights.getOrDefault(head, 1.0);
  }
}
