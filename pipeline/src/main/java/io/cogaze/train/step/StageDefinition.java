package io.cogaze.train.step;

import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.BuiltNetwork;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.NetworkSpec;
import io.cogaze.train.plan.UpdaterSettings;
import java.io.Serializable;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Everything a worker needs to build a stage's network, the same on every machine.
 *
 * @param key names run, stage and attempt; networks are kept under it
 * @param stage name of the stage
 * @param spec size of the network
 * @param lossWeights the heads that are trained, with their loss weights
 * @param trainable names of the parts that learn; the others are frozen
 * @param updater kind of the optimiser and its rate at the start
 * @param targetClasses finding names in the order of the class outputs
 * @param inputReduction factor by which the shards' height and width are reduced
 * @param seed of initialisation and dropout
 * @param nativeThreads threads of the native kernels
 * @param stepRule how gradients become steps
 * @param learnedWeights heads beside whose loss weight a sigma is learned
 */
public record StageDefinition(
    String key,
    String stage,
    NetworkSpec spec,
    Map<Head, Double> lossWeights,
    List<String> trainable,
    UpdaterSettings updater,
    TripletOptions triplet,
    List<String> targetClasses,
    int inputReduction,
    long seed,
    int nativeThreads,
    StepRule stepRule,
    Set<Head> learnedWeights)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public StageDefinition {
    lossWeights = new TreeMap<>(lossWeights);
    trainable = List.copyOf(trainable);
    targetClasses = List.copyOf(targetClasses);
    learnedWeights = new TreeSet<>(learnedWeights);
  }

  /**
   * A stage whose optimiser steps on each batch, by gradients of any length, and whose loss weights
   * stay.
   */
  public StageDefinition(
      String key,
      String stage,
      NetworkSpec spec,
      Map<Head, Double> lossWeights,
      List<String> trainable,
      UpdaterSettings updater,
      TripletOptions triplet,
      List<String> targetClasses,
      int inputReduction,
      long seed,
      int nativeThreads) {
    this(
        key,
        stage,
        spec,
        lossWeights,
        trainable,
        updater,
        triplet,
        targetClasses,
        inputReduction,
        seed,
        nativeThreads,
        StepRule.PLAIN,
        Set.of());
  }

  /** Builds the configuration of the network at a learning rate. */
  public BuiltNetwork build(double learningRate) {
    Map<Head, Double> weights = new EnumMap<>(Head.class);
    weights.putAll(lossWeights);
    return spec.network()
        .build(
            new BuildRequest(
                weights.keySet(),
                Set.copyOf(trainable),
                seed,
                updater(updater.kind(), learningRate),
                weights,
                triplet,
                learnedWeights));
  }

  private static IUpdater updater(UpdaterSettings.Kind kind, double learningRate) {
    return switch (kind) {
      case ADAM -> new Adam(learningRate);
      case AMSGRAD -> new AMSGrad(learningRate);
      case SGD -> new Sgd(learningRate);
    };
  }
}
