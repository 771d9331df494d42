package io.cogaze.train.spark;

import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.block.TensorNames;
import io.cogaze.run.Manifest;
import io.cogaze.run.RunLayout;
import io.cogaze.train.checkpoint.Parts;
import io.cogaze.train.checkpoint.TrainedStage;
import io.cogaze.train.plan.InitWeights;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.weights.TensorStore;
import io.cogaze.weights.Tensors;
import io.cogaze.weights.TransferMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a stage begins with: weights of stages before it, as its recipe's init-weights say. */
final class StageWeights {
  private static final Logger LOG = LoggerFactory.getLogger(StageWeights.class);
  private static final int MOST_NAMES = 5;

  private final String stage;
  private final List<InitWeights> weights;
  private final Map<String, TrainedStage> sources;

  private StageWeights(String stage, List<InitWeights> weights, Map<String, TrainedStage> sources) {
    this.stage = stage;
    this.weights = weights;
    this.sources = sources;
  }

  /** Errors: {@link ConfigurationException} when a stage that is named is not finished. */
  static StageWeights of(StageScope scope) {
    String stage = scope.stage();
    RunLayout run = scope.run();
    Map<String, TrainedStage> sources = new LinkedHashMap<>();
    for (InitWeights init : scope.settings().initWeights()) {
      String from = init.fromStage();
      if (Manifest.readIfPresent(scope.fs(), run.stage(from).folder()).isEmpty()) {
        throw new ConfigurationException(
            """
            Cannot train stage '%s': it takes weights from stage '%s', which is not finished in %s.
              cause: --stages leaves '%s' out, and no earlier command trained it to its end in this run folder
              fix:   train it too: --stages %s,%s; or correct --run"""
                .formatted(stage, from, run.root(), from, from, stage));
      }
      sources.computeIfAbsent(from, name -> TrainedStage.load(scope.fs(), run, name));
    }
    return new StageWeights(stage, scope.settings().initWeights(), sources);
  }

  /** Adds which parameters these are to what a stage's result depends on. */
  void putInto(Map<String, String> text) {
    sources.forEach(
        (name, source) -> text.put("weights of stage " + name, source.parametersSha256()));
  }

  /** Copies the recipe's init-weights; gives the tensors that the stage only carries along. */
  Tensors transfer(StageNetwork network) {
    Tensors carried = Parts.none();
    for (InitWeights init : weights) {
      TrainedStage source = sources.get(init.fromStage());
      for (String part : init.parts()) {
        Tensors ofPart = Parts.of(source.tensors(), part);
        if (ofPart.values().isEmpty()) {
          throw new ConfigurationException(
              "Stage '"
                  + stage
                  + "' takes part '"
                  + part
                  + "' from stage '"
                  + init.fromStage()
                  + "', which has no tensors of it. Correct init-weights");
        }
        List<TensorNames.Tensor> wanted = network.built().names().tensors(part);
        if (wanted.isEmpty()) {
          carried = Parts.together(carried, ofPart);
          LOG.info("stage {} carries {} tensors of {}", stage, ofPart.values().size(), part);
          continue;
        }
        requireSame(part, init.fromStage(), wanted, ofPart.values().keySet());
        TensorStore.write(
            network.graph(),
            network.built().names(),
            ofPart,
            TransferMap.parts(network.built().names(), List.of(part)));
        LOG.info(
            "stage {} takes {} tensors of {} from stage {}",
            stage,
            wanted.size(),
            part,
            init.fromStage());
      }
    }
    return carried;
  }

  private void requireSame(
      String part, String from, List<TensorNames.Tensor> wanted, Set<String> given) {
    Set<String> missing = new TreeSet<>();
    wanted.forEach(tensor -> missing.add(tensor.name()));
    Set<String> extra = new TreeSet<>(given);
    extra.removeAll(missing);
    missing.removeAll(given);
    if (!missing.isEmpty() || !extra.isEmpty()) {
      throw new ConfigurationException(
          """
          Stage '%s' cannot take part '%s' from stage '%s': their tensors differ.
            cause: only '%s' has %s; only '%s' has %s
            fix:   train both with the same network and the same learned-weights, or correct init-weights"""
              .formatted(stage, part, from, stage, few(missing), from, few(extra)));
    }
  }

  private static String few(Set<String> names) {
    if (names.isEmpty()) {
      return "none";
    }
    return names.stream()
        .limit(MOST_NAMES)
        .collect(Collectors.joining(", ", "[", names.size() > MOST_NAMES ? ", ...]" : "]"));
  }
}
