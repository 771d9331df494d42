package io.cogaze.train.spark;

import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.network.Head;
import io.cogaze.shard.ShardManifest;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.StageSettings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What a stage of a recipe trains on given shards, and whether its settings fit together. */
final class StageDescription {
  private static final int TRIPLET = 3;

  private final String stage;
  private final StageSettings settings;
  private final Map<Head, Double> heads;
  private final Recipe recipe;
  private final ShardManifest data;

  private StageDescription(
      String stage,
      StageSettings settings,
      Map<Head, Double> heads,
      Recipe recipe,
      ShardManifest data) {
    this.stage = stage;
    this.settings = settings;
    this.heads = heads;
    this.recipe = recipe;
    this.data = data;
  }

  /**
   * The network of the stage.
   *
   * @param heads of {@link #heads}
   * @throws ConfigurationException if the shards' size, the parts or the heads do not fit
   */
  static ModelDescription of(
      String stage,
      StageSettings settings,
      Map<Head, Double> heads,
      Recipe recipe,
      ShardManifest data) {
    return new StageDescription(stage, settings, heads, recipe, data).describe();
  }

  private ModelDescription describe() {
    int reduction = settings.inputReduction();
    if (data.height() % reduction != 0 || data.width() % reduction != 0) {
      throw new ConfigurationException(
          "Stage '"
              + stage
              + "': cogaze.recipe.stages."
              + stage
              + ".input-reduction = "
              + reduction
              + " does not divide the shards' "
              + data.height()
              + " x "
              + data.width()
              + " pixels");
    }
    List<String> names = heads.keySet().stream().map(Enum::name).toList();
    ModelDescription description =
        new ModelDescription(
            ModelDescription.FORMAT_VERSION,
            stage,
            recipe.network(),
            data.height() / reduction,
            data.width() / reduction,
            reduction,
            data.targetClasses(),
            names,
            settings.trainable(),
            data.preprocessing());
    checkParts(description);
    checkSelection();
    checkTriplets();
    learnedWeights(stage, settings);
    return description;
  }

  /** A stage whose batches can hold no triplet would run to its end and learn nothing. */
  private void checkTriplets() {
    if (heads.containsKey(Head.EMBEDDING) && settings.batchSize() < TRIPLET) {
      throw new ConfigurationException(
          "Stage '"
              + stage
              + "' trains the embedding head in batches of "
              + settings.batchSize()
              + ", which have no triplet: two examples of a class and one of another. Set cogaze.recipe.stages."
              + stage
              + ".batch-size to "
              + TRIPLET
              + " at least");
    }
  }

  /** What validation cannot give is refused now, not after an epoch. */
  private void checkSelection() {
    boolean measured =
        switch (settings.selection().metric()) {
          case LOSS -> true;
          case KL -> heads.containsKey(Head.SALIENCY);
          case AUROC_MACRO ->
              heads.containsKey(Head.DENSENET_CLASS) || heads.containsKey(Head.FUSED_CLASS);
        };
    if (!measured) {
      throw new ConfigurationException(
          "Stage '"
              + stage
              + "' selects by "
              + Validation.name(settings.selection().metric()).replace('_', '-')
              + ", which its heads "
              + settings.heads().keySet()
              + " do not give. Correct cogaze.recipe.stages."
              + stage
              + ".selection.metric: kl needs the saliency head, auroc-macro a class head");
    }
  }

  private void checkParts(ModelDescription description) {
    Set<String> known;
    Set<String> needed = new LinkedHashSet<>();
    try {
      known = description.spec().network().parts();
      for (Head head : heads.keySet()) {
        needed.addAll(description.spec().network().parts(head));
      }
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "Stage '" + stage + "' of recipe '" + recipe.name() + "': " + e.getMessage(), e);
    }
    List<String> named = new ArrayList<>(settings.trainable());
    named.addAll(settings.frozen());
    for (String part : named) {
      if (!known.contains(part)) {
        throw new ConfigurationException(
            "Stage '" + stage + "' names part '" + part + "', but the network has " + known);
      }
    }
    for (String part : needed) {
      if (!named.contains(part)) {
        throw new ConfigurationException(
            "Stage '"
                + stage
                + "' needs part '"
                + part
                + "' for its heads; name it under trainable or under frozen");
      }
    }
    for (String part : named) {
      if (!needed.contains(part)) {
        throw new ConfigurationException(
            "Stage '"
                + stage
                + "' names part '"
                + part
                + "' under trainable or frozen, but its heads "
                + settings.heads().keySet()
                + " do not use it");
      }
    }
  }

  /**
   * The heads that a stage's settings name, with the weights of their losses.
   *
   * @throws ConfigurationException if there is no head of a name
   */
  static Map<Head, Double> heads(String stage, StageSettings settings) {
    Map<Head, Double> heads = new EnumMap<>(Head.class);
    settings
        .heads()
        .forEach(
            (name, weight) -> {
              for (Head head : Head.values()) {
                if (headName(head).equals(name)) {
                  heads.put(head, weight);
                  return;
                }
              }
              throw new ConfigurationException(
                  "Stage '"
                      + stage
                      + "' names head '"
                      + name
                      + "', expected one of "
                      + EnumSet.allOf(Head.class).stream()
                          .map(StageDescription::headName)
                          .toList());
            });
    return heads;
  }

  /**
   * The heads beside whose loss weight a sigma is learned.
   *
   * @throws ConfigurationException for the embedding head
   */
  static Set<Head> learnedWeights(String stage, StageSettings settings) {
    Set<Head> learned = EnumSet.noneOf(Head.class);
    for (Head head : heads(stage, settings).keySet()) {
      if (settings.learnedWeights().contains(headName(head))) {
        learned.add(head);
      }
    }
    if (learned.contains(Head.EMBEDDING)) {
      throw new ConfigurationException(
          "Stage '"
              + stage
              + "' cannot learn the weight of the embedding head: its loss is no example's own, and 0"
              + " where no triplet violates the margin. Take it out of cogaze.recipe.stages."
              + stage
              + ".learned-weights");
    }
    return learned;
  }

  private static String headName(Head head) {
    return head.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
