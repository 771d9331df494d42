package io.cogaze.train.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import io.cogaze.nn.kernel.Arena;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.memory.MemoryDemand;
import io.cogaze.nn.network.Head;
import io.cogaze.shard.Example;
import io.cogaze.shard.Split;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.weights.TensorStore;
import io.cogaze.weights.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

final class WorkerNetworkTest {
  private static final int SIZE = 64;
  private static final PlanToken TOKEN = new PlanToken(1, 0, 0, List.of(rows(0, 3), rows(3, 6)));

  @BeforeAll
  static void chooseNativeLibrary() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  @Test
  void aSaliencyStepLeavesEveryTensorOfTheFrozenDenseNetAsItWas() {
    Set<String> changed = changed(Head.SALIENCY, List.of("encoder", "decoder", "saliency-head"));

    assertThat(changed).noneMatch(name -> name.startsWith("densenet."));
    for (String part : List.of("encoder.", "decoder.", "saliency-head.")) {
      assertThat(changed).as(part).anyMatch(name -> name.startsWith(part));
    }
    assertThat(changed)
        .as("running statistics of trainable parts change")
        .anyMatch(name -> name.startsWith("encoder.") && name.endsWith("running_var"));
  }

  @Test
  void aFuseStepChangesTheFourTensorsOfTheFusedClassifierOnly() {
    assertThat(changed(Head.FUSED_CLASS, List.of("fused-classifier")))
        .hasSize(4)
        .allMatch(name -> name.startsWith("fused-classifier."));
  }

  @ParameterizedTest(name = "with a learned loss weight: {0}")
  @ValueSource(booleans = {false, true})
  void frozenFeaturesComputedOnceTrainLikeTheWholeNetwork(boolean learnsWeight) {
    StageDefinition definition = definition(Head.FUSED_CLASS, List.of("fused-classifier"), 1e-3);
    if (learnsWeight) {
      definition = TestRecipes.learningWeights(definition);
    }
    StageNetwork start = StageNetwork.initialise(definition, 1e-3);
    StageNetwork whole = StageNetwork.uninitialised(definition, 1e-3);
    whole.frozen(start.frozen());
    FeatureCache cache = new FeatureCache(1 << 20);
    WorkerNetwork cached = WorkerNetwork.withFrozenFeatures(definition, whole, cache);
    cached.network().state(start.state());

    WorkerReport apart = cached.fit(TOKEN, WorkerNetworkTest::examples);
    WorkerReport atOnce =
        new WorkerNetwork(definition, start).fit(TOKEN, WorkerNetworkTest::examples);

    assertThat(cached.hasFrozenFeatures()).isTrue();
    assertThat(cache.size()).isEqualTo(6);
    assertThat(apart.lossSum()).isCloseTo(atOnce.lossSum(), within(1e-5));
    float[] expected = start.state().learned();
    float[] found = cached.network().state().learned();
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
    }
    assertThat(cached.network().state().updater()).hasSameSizeAs(start.state().updater());
    WorkerReport again = cached.fit(TOKEN, WorkerNetworkTest::examples);
    assertThat(again.idHash()).isEqualTo(apart.idHash());
    assertThat(cache.size()).isEqualTo(6);
  }

  static Stream<Arguments> stages() {
    return Stream.of(
        Arguments.of(Head.DENSENET_CLASS, List.of("densenet", "densenet-classifier")),
        Arguments.of(Head.SALIENCY, List.of("encoder", "decoder", "saliency-head")),
        Arguments.of(Head.FUSED_CLASS, List.of("fused-classifier")));
  }

  @ParameterizedTest
  @MethodSource("stages")
  void aStepTakesTheMemoryThatANetworkIsBuiltWith(Head head, List<String> trainable) {
    int batch = 3;
    StageDefinition definition = definition(Map.of(head, 1.0), trainable, 1e-3);
    StageNetwork network = StageNetwork.initialise(definition, 1e-3, batch);
    long expected = MemoryDemand.training(network.built(), SIZE, SIZE, batch, 1).kept();
    long before = Arena.usedBytes();
    long[] used = new long[1];
    network
        .graph()
        .setListeners(
            new BaseTrainingListener() {
              @Override
              public void onForwardPass(Model model, Map<String, INDArray> activations) {
                used[0] = Arena.usedBytes() - before;
              }
            });
    WorkerNetwork worker = new WorkerNetwork(definition, network);

    worker.fit(new PlanToken(1, 0, 0, List.of(rows(0, batch))), WorkerNetworkTest::examples);

    assertThat(expected).isPositive();
    assertThat(used[0]).isGreaterThanOrEqualTo(expected * 9 / 10);
  }

  @Test
  void aNetworkBuiltWithTheMemoryOfItsStepsTrainsToTheSameBits() {
    StageDefinition definition =
        definition(Head.DENSENET_CLASS, List.of("densenet", "densenet-classifier"), 1e-3);
    StageNetwork plain = StageNetwork.initialise(definition, 1e-3);
    StageNetwork ahead = StageNetwork.uninitialised(definition, 1e-3, 3);
    ahead.frozen(plain.frozen());
    ahead.state(plain.state());

    double expected =
        new WorkerNetwork(definition, plain).fit(TOKEN, WorkerNetworkTest::examples).lossSum();
    double found =
        new WorkerNetwork(definition, ahead).fit(TOKEN, WorkerNetworkTest::examples).lossSum();

    assertThat(found).isEqualTo(expected);
    assertThat(ahead.state().learned()).isEqualTo(plain.state().learned());
  }

  @Test
  void aStageThatLearnsFromTheImageItselfIsNotCut() {
    StageDefinition definition =
        definition(Head.SALIENCY, List.of("encoder", "decoder", "saliency-head"), 1e-3);

    assertThat(
            WorkerNetwork.withFrozenFeatures(
                    definition,
                    StageNetwork.initialise(definition, 1e-3),
                    new FeatureCache(1 << 20))
                .hasFrozenFeatures())
        .isFalse();
  }

  @Test
  void aReportCountsExamplesAndWeighsLossesByThem() {
    StageDefinition definition =
        definition(Head.DENSENET_CLASS, List.of("densenet", "densenet-classifier"), 1e-3);
    WorkerNetwork worker = new WorkerNetwork(definition, StageNetwork.initialise(definition, 1e-3));
    PlanToken uneven = new PlanToken(1, 0, 4, List.of(rows(0, 4), rows(4, 6)));
    WorkerReport report = worker.fit(uneven, WorkerNetworkTest::examples);

    WorkerNetwork again = new WorkerNetwork(definition, StageNetwork.initialise(definition, 1e-3));
    double first =
        again
            .fit(new PlanToken(1, 0, 4, List.of(rows(0, 4))), WorkerNetworkTest::examples)
            .lossSum();
    again.network().graph().fit(again.arrays(examples(rows(4, 6))));
    double second = again.network().graph().score();

    assertThat(report.worker()).isEqualTo(4);
    assertThat(report.examples()).isEqualTo(6);
    assertThat(report.steps()).isEqualTo(2);
    assertThat(report.lossSum()).isCloseTo(first + 2 * second, within(1e-9));
    assertThat(report.headLossSums()).containsExactly(report.lossSum());
    long hash = 0;
    for (int i = 0; i < 6; i++) {
      hash += WorkerReport.idHash("example-%04d".formatted(i));
    }
    assertThat(report.idHash()).isEqualTo(hash);
  }

  @Test
  void twoHeadsReportTheirOwnLossesWithoutTheirWeights() {
    StageDefinition definition =
        definition(
            Map.of(Head.DENSENET_CLASS, 2.0, Head.SALIENCY, 0.5),
            List.of("densenet", "densenet-classifier", "encoder", "decoder", "saliency-head"),
            1e-3);
    WorkerNetwork worker = new WorkerNetwork(definition, StageNetwork.initialise(definition, 1e-3));

    WorkerReport report =
        worker.fit(new PlanToken(1, 0, 0, List.of(rows(0, 6))), WorkerNetworkTest::examples);

    assertThat(2.0 * report.headLossSums()[0] + 0.5 * report.headLossSums()[1])
        .isCloseTo(report.lossSum(), within(1e-5));
    assertThat(report.headLossSums()[0]).isPositive();
    assertThat(report.headLossSums()[1]).isPositive();
  }

  /** SGD at rate 1 takes ln(sigma) from 0 by the gradient: 2 * weight * loss - 1/2. */
  @Test
  void aLearnedWeightFollowsItsGradientAndHeadsReportTheirOwnLosses() {
    Map<Head, Double> weights = Map.of(Head.DENSENET_CLASS, 0.4, Head.SALIENCY, 0.5);
    StageDefinition definition =
        new StageDefinition(
            "test",
            "stage",
            ModelDescription.spec(TestRecipes.NETWORK, SIZE, SIZE, TrainingShards.CLASSES.size()),
            weights,
            List.of("densenet", "densenet-classifier", "encoder", "decoder", "saliency-head"),
            new UpdaterSettings(UpdaterSettings.Kind.SGD, 1),
            TripletOptions.defaults(),
            TrainingShards.CLASSES,
            1,
            7,
            1,
            StepRule.PLAIN,
            Set.of(Head.DENSENET_CLASS));
    WorkerNetwork worker = new WorkerNetwork(definition, StageNetwork.initialise(definition, 1));

    WorkerReport report =
        worker.fit(new PlanToken(1, 0, 0, List.of(rows(0, 6))), WorkerNetworkTest::examples);

    double classLoss = report.headLossSums()[0] / 6;
    double gazeLoss = report.headLossSums()[1] / 6;
    assertThat(classLoss).isPositive();
    assertThat(gazeLoss).isPositive();
    assertThat(report.lossSum() / 6)
        .isCloseTo(0.4 * classLoss + Math.log(2) + 0.5 * gazeLoss, within(1e-5));
    assertThat(worker.network().lossWeights().get(0).logSigma().orElseThrow())
        .isCloseTo(2 * 0.4 * classLoss - 0.5, within(1e-5));
    assertThat(worker.network().lossWeights().get(1).sigma()).isEmpty();
  }

  @Test
  void aLossThatIsNotFiniteNamesTheExamplesOfTheBatch() {
    StageDefinition definition =
        definition(Head.DENSENET_CLASS, List.of("densenet", "densenet-classifier"), 1e-3);
    StageNetwork network = StageNetwork.initialise(definition, 1e-3);
    TrainingState state = network.state();
    Arrays.fill(state.learned(), Float.NaN);
    network.state(state);
    WorkerNetwork worker = new WorkerNetwork(definition, network);

    assertThatThrownBy(() -> worker.fit(TOKEN, WorkerNetworkTest::examples))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("the loss is NaN in epoch 1, round 1, worker 0")
        .hasMessageContaining("[example-0000, example-0001, example-0002]")
        .hasMessageContaining("learning-rate");
  }

  @Test
  void aStateGoesOutAndInUnchanged() {
    StageDefinition definition =
        definition(Head.DENSENET_CLASS, List.of("densenet", "densenet-classifier"), 1e-3);
    StageNetwork trained = StageNetwork.initialise(definition, 1e-3);
    new WorkerNetwork(definition, trained).fit(TOKEN, WorkerNetworkTest::examples);
    TrainingState state = trained.state();

    StageNetwork copy = StageNetwork.uninitialised(definition, 1e-3);
    copy.frozen(trained.frozen());
    copy.state(state);

    assertThat(state.iteration()).isEqualTo(2);
    assertThat(copy.state().learned()).isEqualTo(state.learned());
    assertThat(copy.state().means()).isEqualTo(state.means());
    assertThat(copy.state().variances()).isEqualTo(state.variances());
    assertThat(copy.state().updater()).isEqualTo(state.updater());
    assertThat(copy.graph().params()).isEqualTo(trained.graph().params());
  }

  @Test
  void aReducedBatchAveragesGreyValuesAndKeepsTheGazeMass() {
    Example example = TrainingShards.example(1, Split.TRAIN, 4, 6);
    BatchAssembler assembler =
        new BatchAssembler(List.of(Head.DENSENET_CLASS, Head.SALIENCY), TrainingShards.CLASSES, 2);

    MultiDataSet batch = assembler.assemble(List.of(example));

    assertThat(batch.getFeatures(0).shape()).containsExactly(1, 1, 2, 3);
    short[] grey = example.pixels();
    double sum = (grey[0] & 0xFFFF) + (grey[1] & 0xFFFF) + (grey[6] & 0xFFFF) + (grey[7] & 0xFFFF);
    assertThat(HostValues.floats(batch.getFeatures(0))[0]).isEqualTo((float) (sum / 4 / 65535));
    assertThat(HostValues.floats(batch.getLabels(0))).containsExactly(0, 1, 0);
    assertThat(batch.getLabels(1).sumNumber().doubleValue()).isCloseTo(1, within(1e-6));
    assertThat(HostValues.floats(batch.getLabelsMaskArray(1))).containsExactly(1);
  }

  @Test
  void aReductionThatDoesNotDivideTheSizeIsRefused() {
    BatchAssembler assembler =
        new BatchAssembler(List.of(Head.SALIENCY), TrainingShards.CLASSES, 4);

    assertThatThrownBy(
            () -> assembler.assemble(List.of(TrainingShards.example(1, Split.TRAIN, 4, 6))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("example-0001 is 4 x 6 pixels")
        .hasMessageContaining("input-reduction");
  }

  /** The names of the tensors that a step changes. */
  private static Set<String> changed(Head head, List<String> trainable) {
    StageDefinition definition = definition(head, trainable, 1e-3);
    StageNetwork network = StageNetwork.initialise(definition, 1e-3);
    Tensors before = TensorStore.read(network.graph(), network.built().names());
    new WorkerNetwork(definition, network)
        .fit(new PlanToken(1, 0, 0, List.of(rows(0, 6))), WorkerNetworkTest::examples);
    Tensors after = TensorStore.read(network.graph(), network.built().names());
    Set<String> changed = new TreeSet<>();
    before
        .values()
        .forEach(
            (name, tensor) -> {
              if (!Arrays.equals(tensor.data(), after.get(name).data())) {
                changed.add(name);
              }
            });
    return changed;
  }

  private static StageDefinition definition(Head head, List<String> trainable, double rate) {
    return definition(Map.of(head, 1.0), trainable, rate);
  }

  private static StageDefinition definition(
      Map<Head, Double> heads, List<String> trainable, double rate) {
    return new StageDefinition(
        "test",
        "stage",
        ModelDescription.spec(TestRecipes.NETWORK, SIZE, SIZE, TrainingShards.CLASSES.size()),
        heads,
        trainable,
        new UpdaterSettings(UpdaterSettings.Kind.ADAM, rate),
        TripletOptions.defaults(),
        TrainingShards.CLASSES,
        1,
        7,
        1);
  }

  private static List<PlanToken.Row> rows(int from, int to) {
    List<PlanToken.Row> rows = new ArrayList<>();
    for (int row = from; row < to; row++) {
      rows.add(new PlanToken.Row("file", 0, row));
    }
    return rows;
  }

  private static List<Example> examples(List<PlanToken.Row> rows) {
    return rows.stream()
        .map(row -> TrainingShards.example(row.row(), Split.TRAIN, SIZE, SIZE))
        .toList();
  }
}
