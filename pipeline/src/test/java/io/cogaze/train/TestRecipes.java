package io.cogaze.train;

import io.cogaze.train.plan.InitWeights;
import io.cogaze.train.plan.NetworkSettings;
import io.cogaze.train.plan.PlateauSettings;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.Selection;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.step.StageDefinition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The cooperative recipe over a network so small that an epoch takes a moment. */
public final class TestRecipes {
  public static final NetworkSettings NETWORK =
      new NetworkSettings.Cooperative(
          2,
          new NetworkSettings.DenseNetSize(List.of(1, 1, 1, 1), 4, 4),
          4,
          0.25,
          new NetworkSettings.Triplet(0.3, false));

  private TestRecipes() {}

  /** contrast, classify, saliency, fuse. */
  public static Recipe cooperative(int epochs) {
    Map<String, StageSettings> stages = new LinkedHashMap<>();
    stages.put(
        "contrast",
        stage(
            "embedding",
            List.of("densenet"),
            List.of(),
            List.of(),
            SamplerKind.STRATIFIED,
            epochs,
            Selection.Metric.LOSS));
    stages.put(
        "classify",
        stage(
            "densenet-class",
            List.of("densenet", "densenet-classifier"),
            List.of(),
            List.of(new InitWeights("contrast", List.of("densenet"))),
            SamplerKind.SHUFFLED,
            epochs,
            Selection.Metric.LOSS));
    stages.put(
        "saliency",
        stage(
            "saliency",
            List.of("encoder", "decoder", "saliency-head"),
            List.of("densenet"),
            List.of(new InitWeights("classify", List.of("densenet", "densenet-classifier"))),
            SamplerKind.SHUFFLED,
            epochs,
            Selection.Metric.KL));
    stages.put(
        "fuse",
        stage(
            "fused-class",
            List.of("fused-classifier"),
            List.of("densenet", "encoder", "decoder"),
            List.of(
                new InitWeights(
                    "saliency",
                    List.of(
                        "densenet", "densenet-classifier", "encoder", "decoder", "saliency-head"))),
            SamplerKind.SHUFFLED,
            epochs,
            Selection.Metric.LOSS));
    return new Recipe("test", NETWORK, new ArrayList<>(stages.keySet()), stages);
  }

  /** Only the first stages of {@link #cooperative}. */
  public static Recipe first(int stages, int epochs) {
    Recipe whole = cooperative(epochs);
    List<String> order = whole.order().subList(0, stages);
    Map<String, StageSettings> kept = new LinkedHashMap<>();
    order.forEach(name -> kept.put(name, whole.stages().get(name)));
    return new Recipe("test", NETWORK, order, kept);
  }

  /** Settings with this many averaging workers. */
  public static TrainSettings settings(int workers) {
    return settings(workers, new TrainSettings.Checkpoints(1, 100));
  }

  /** The same with other checkpoints. */
  public static TrainSettings settings(int workers, TrainSettings.Checkpoints checkpoints) {
    return new TrainSettings(7, workers, 1, 8, 16, 8, true, 0, true, checkpoints);
  }

  /** A stage that learns, and is judged, in another way on the same network. */
  public static StageSettings learning(
      StageSettings stage,
      int batchSize,
      UpdaterSettings updater,
      Optional<PlateauSettings> plateau,
      Selection selection,
      int patience) {
    return new StageSettings(
        stage.heads(),
        stage.trainable(),
        stage.frozen(),
        stage.initWeights(),
        stage.sampler(),
        batchSize,
        stage.averagingFrequency(),
        stage.epochs(),
        updater,
        plateau,
        selection,
        patience,
        stage.inputReduction());
  }

  /** Classes and gaze maps together; a sigma is learned beside the classes' weight. */
  public static Recipe joint(int epochs) {
    StageSettings classify = cooperative(epochs).plan("classify").settings();
    StageSettings joint =
        new StageSettings(
            Map.of("densenet-class", 1.0, "saliency", 0.5),
            List.of("densenet", "densenet-classifier", "encoder", "decoder", "saliency-head"),
            List.of(),
            List.of(),
            SamplerKind.SHUFFLED,
            classify.batchSize(),
            1,
            epochs,
            classify.updater(),
            Optional.empty(),
            classify.selection(),
            classify.earlyStoppingPatience(),
            1,
            1,
            Optional.empty(),
            List.of("densenet-class"));
    return new Recipe("test", NETWORK, List.of("joint"), Map.of("joint", joint));
  }

  private static StageSettings stage(
      String head,
      List<String> trainable,
      List<String> frozen,
      List<InitWeights> initWeights,
      SamplerKind sampler,
      int epochs,
      Selection.Metric metric) {
    return new StageSettings(
        Map.of(head, 1.0),
        trainable,
        frozen,
        initWeights,
        sampler,
        6,
        2,
        epochs,
        new UpdaterSettings(UpdaterSettings.Kind.ADAM, 1e-3),
        Optional.empty(),
        new Selection(metric, Selection.Mode.MIN),
        100,
        1);
  }

  /** A stage that also learns the weight of each of its losses. */
  public static StageDefinition learningWeights(StageDefinition fixed) {
    return new StageDefinition(
        fixed.key(),
        fixed.stage(),
        fixed.spec(),
        fixed.lossWeights(),
        fixed.trainable(),
        fixed.updater(),
        fixed.triplet(),
        fixed.targetClasses(),
        fixed.inputReduction(),
        fixed.seed(),
        fixed.nativeThreads(),
        fixed.stepRule(),
        fixed.lossWeights().keySet());
  }
}
