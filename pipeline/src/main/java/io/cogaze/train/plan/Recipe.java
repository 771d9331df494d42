package io.cogaze.train.plan;

import io.cogaze.error.ConfigurationException;
import io.cogaze.run.RunLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An ordered list of training stages over one network.
 *
 * @param name of the recipe
 * @param network the network that all stages train parts of
 * @param order names of the stages in the order in which they run
 * @param stages the settings of each stage by name
 */
public record Recipe(
    String name, NetworkSettings network, List<String> order, Map<String, StageSettings> stages) {
  /** Errors: {@link IllegalArgumentException} when order and stages do not fit together. */
  public Recipe {
    order = List.copyOf(order);
    stages = new TreeMap<>(stages);
    if (order.isEmpty()) {
      throw new IllegalArgumentException("order is empty; name at least one stage");
    }
    List<String> earlier = new ArrayList<>();
    for (String stage : order) {
      if (!RunLayout.isName(stage)) {
        throw new IllegalArgumentException(
            "order names stage '"
                + stage
                + "', which cannot be a folder's name; take letters, digits, dot, dash and underscore,"
                + " a letter or digit first");
      }
      StageSettings settings = stages.get(stage);
      if (settings == null) {
        throw new IllegalArgumentException(
            "order names stage '" + stage + "' but stages has only " + stages.keySet());
      }
      if (earlier.contains(stage)) {
        throw new IllegalArgumentException("order names stage '" + stage + "' twice");
      }
      for (InitWeights init : settings.initWeights()) {
        if (!earlier.contains(init.fromStage())) {
          throw new IllegalArgumentException(
              "Stage '"
                  + stage
                  + "' takes weights from '"
                  + init.fromStage()
                  + "', which is not an earlier stage; earlier ones are "
                  + earlier);
        }
      }
      earlier.add(stage);
    }
    for (String stage : stages.keySet()) {
      if (!earlier.contains(stage)) {
        throw new IllegalArgumentException(
            "stages has '" + stage + "' but order does not name it; add it or remove the stage");
      }
    }
  }

  /** The stages in order. */
  public List<StagePlan> plans() {
    return order.stream().map(this::plan).toList();
  }

  /** The plan of a stage. Errors: {@link ConfigurationException} that lists the known stages. */
  public StagePlan plan(String stage) {
    StageSettings settings = stages.get(stage);
    if (settings == null) {
      throw new ConfigurationException(
          "Recipe '" + name + "' has no stage '" + stage + "'; its stages are " + order);
    }
    return new StagePlan(stage, settings);
  }

  /**
   * The chosen stages in the recipe's order; every stage when nothing is chosen. Errors: {@link
   * ConfigurationException} for an unknown name.
   */
  public List<StagePlan> plans(List<String> chosen) {
    chosen.forEach(this::plan);
    return plans().stream()
        .filter(plan -> chosen.isEmpty() || chosen.contains(plan.name()))
        .toList();
  }
}
