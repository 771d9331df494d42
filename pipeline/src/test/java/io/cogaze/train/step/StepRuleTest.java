package io.cogaze.train.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.Head;
import io.cogaze.shard.Example;
import io.cogaze.shard.Split;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.plan.NetworkSettings;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.UpdaterSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StepRuleTest {
  private static final int SIZE = 64;
  private static final double RATE = 0.5;
  private static final double NO_LIMIT = Double.POSITIVE_INFINITY;

  /** As the test network, without dropout. */
  private static final NetworkSettings NETWORK =
      new NetworkSettings.Cooperative(
          2,
          new NetworkSettings.DenseNetSize(List.of(1, 1, 1, 1), 4, 4),
          4,
          0,
          new NetworkSettings.Triplet(0.3, false));

  private boolean learnsLossWeight = true;

  @BeforeAll
  static void chooseNativeLibrary() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  @ParameterizedTest(name = "with a learned loss weight: {0}")
  @ValueSource(booleans = {false, true})
  void gradientsOfSmallBatchesMakeTheStepOfOneLargeBatch(boolean learnsWeight) {
    learnsLossWeight = learnsWeight;
    StageNetwork whole = fused(StepRule.PLAIN);
    float[] start = whole.state().learned();
    fit(whole, batches(12, 12));
    StageNetwork parts = fused(new StepRule(4, NO_LIMIT));
    WorkerReport report = fit(parts, batches(3, 12));

    assertThat(moved(start, whole)).isGreaterThan(1e-3);
    assertClose(parts.state().learned(), whole.state().learned(), 1e-6f);
    assertThat(report.steps()).isEqualTo(1);
    assertThat(parts.state().iteration()).isEqualTo(1);
  }

  @Test
  void aGroupThatIsNotFullCountsItsExamplesAndSoDoesASmallerBatch() {
    // 4+4, 4+2: two steps of 8 and of 6 examples.
    StageNetwork parts = fused(new StepRule(2, NO_LIMIT));
    WorkerReport report = fit(parts, batches(4, 14));
    StageNetwork whole = fused(StepRule.PLAIN);
    fit(whole, List.of(rows(0, 8), rows(8, 14)));

    assertClose(parts.state().learned(), whole.state().learned(), 1e-6f);
    assertThat(report.steps()).isEqualTo(2);
    assertThat(report.examples()).isEqualTo(14);

    // 4+4, 4: the last group is one batch.
    StageNetwork odd = fused(new StepRule(2, NO_LIMIT));
    fit(odd, batches(4, 12));
    StageNetwork wholes = fused(StepRule.PLAIN);
    fit(wholes, List.of(rows(0, 8), rows(8, 12)));
    assertClose(odd.state().learned(), wholes.state().learned(), 1e-6f);
  }

  @Test
  void runningStatisticsMoveWithEveryBatchOfAStep() {
    StageNetwork network = trained(new StepRule(2, NO_LIMIT), 1e-9);
    StageNetwork each = trained(StepRule.PLAIN, 1e-9);
    float[] before = network.state().variances();
    fit(network, batches(4, 8));
    fit(each, batches(4, 8));

    // With a rate this small the parameters stay, and both see the same activations.
    assertThat(network.state().variances()).isNotEqualTo(before);
    assertClose(network.state().variances(), each.state().variances(), 1e-5f);
    assertClose(network.state().means(), each.state().means(), 1e-5f);
  }

  @Test
  void aStepThatWasNotEndedIsForgottenWhenAStateIsSet() {
    StageNetwork network = fused(new StepRule(2, NO_LIMIT));
    TrainingState start = network.state();
    WorkerNetwork worker = new WorkerNetwork(definition(new StepRule(2, NO_LIMIT)), network);
    network.fit(worker.arrays(examples(rows(0, 4))), false);
    assertThat(network.state().learned()).isEqualTo(start.learned());
    network.state(start);
    fit(network, List.of(rows(4, 8)));

    StageNetwork fresh = fused(new StepRule(2, NO_LIMIT));
    fit(fresh, List.of(rows(4, 8)));
    assertThat(network.state().learned()).isEqualTo(fresh.state().learned());
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-3, 0.1, 1e6})
  void theStepIsThatOfPyTorchsRuleOverAllLearnedParameters(double limit) {
    StageNetwork free = trained(StepRule.PLAIN, RATE);
    float[] start = free.state().learned();
    fit(free, batches(4, 4));
    float[] step = new float[start.length];
    double squares = 0;
    for (int i = 0; i < step.length; i++) {
      step[i] = start[i] - free.state().learned()[i];
      squares += (double) step[i] * step[i];
    }
    // Plain descent at rate 0.5: the gradient is twice the step.
    double norm = 2 * Math.sqrt(squares);
    double scale = Math.min(1, limit / (norm + 1e-6));

    StageNetwork clipped = trained(new StepRule(1, limit), RATE);
    assertThat(clipped.state().learned()).isEqualTo(start);
    fit(clipped, batches(4, 4));

    assertThat(scale < 1).isEqualTo(limit < 1);
    float[] found = clipped.state().learned();
    for (int i = 0; i < step.length; i++) {
      assertThat(found[i]).isCloseTo((float) (start[i] - scale * step[i]), within(2e-6f));
    }
    assertThat(clipped.state().means()).isEqualTo(free.state().means());
    assertThat(clipped.state().variances()).isEqualTo(free.state().variances());
    if (scale == 1) {
      assertThat(found).isEqualTo(free.state().learned());
    }
  }

  @Test
  void theLengthIsThatOfTheMeanOverAllBatchesOfTheStep() {
    double limit = 1e-2;
    StageNetwork whole = fused(new StepRule(1, limit));
    float[] start = whole.state().learned();
    fit(whole, batches(12, 12));
    StageNetwork parts = fused(new StepRule(3, limit));
    fit(parts, batches(4, 12));

    assertClose(parts.state().learned(), whole.state().learned(), 1e-7f);
    assertThat(moved(start, parts)).isCloseTo(limit * RATE, within(limit * RATE * 0.01));
  }

  @Test
  void theRuleIsPyTorchs() {
    assertThat(StepUpdater.scale(4, 1)).isEqualTo(1 / (4 + 1e-6));
    assertThat(StepUpdater.scale(0.5, 1)).isEqualTo(1);
    assertThat(StepUpdater.scale(0, 1)).isEqualTo(1);
    assertThat(StepUpdater.scale(1, 1)).as("PyTorch's epsilon counts here too").isLessThan(1);
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    assertThatThrownBy(() -> new StepRule(0, 1))
        .hasMessage("accumulate must be 1 or more but is 0");
    assertThatThrownBy(() -> new StepRule(1, 0))
        .hasMessage("clip-global-norm must be above 0 but is 0.0");
  }

  /**
   * Only the fused classifier and, if wanted, the weight of its loss learn, without batch
   * normalisation or dropout, by plain descent.
   */
  private StageNetwork fused(StepRule rule) {
    return StageNetwork.initialise(definition(rule), RATE);
  }

  private StageDefinition definition(StepRule rule) {
    return definition(rule, Head.FUSED_CLASS, List.of("fused-classifier"), RATE);
  }

  /** The DenseNet learns, with its batch normalisation. */
  private StageNetwork trained(StepRule rule, double rate) {
    return StageNetwork.initialise(
        definition(rule, Head.DENSENET_CLASS, List.of("densenet", "densenet-classifier"), rate),
        rate);
  }

  private StageDefinition definition(
      StepRule rule, Head head, List<String> trainable, double rate) {
    return new StageDefinition(
        "test",
        "stage",
        ModelDescription.spec(NETWORK, SIZE, SIZE, TrainingShards.CLASSES.size()),
        Map.of(head, 1.0),
        trainable,
        new UpdaterSettings(UpdaterSettings.Kind.SGD, rate),
        TripletOptions.defaults(),
        TrainingShards.CLASSES,
        1,
        7,
        1,
        rule,
        learnsLossWeight && head == Head.FUSED_CLASS ? Set.of(head) : Set.of());
  }

  private WorkerReport fit(StageNetwork network, List<List<PlanToken.Row>> batches) {
    StepRule rule = network.stepRule();
    StageDefinition definition =
        network.heads().contains(Head.FUSED_CLASS)
            ? definition(rule)
            : definition(
                rule, Head.DENSENET_CLASS, List.of("densenet", "densenet-classifier"), RATE);
    return new WorkerNetwork(definition, network)
        .fit(new PlanToken(1, 0, 0, batches), StepRuleTest::examples);
  }

  private static double moved(float[] start, StageNetwork network) {
    float[] now = network.state().learned();
    double squares = 0;
    for (int i = 0; i < start.length; i++) {
      squares += Math.pow((double) now[i] - start[i], 2);
    }
    return Math.sqrt(squares);
  }

  private static void assertClose(float[] found, float[] expected, float tolerance) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(tolerance));
    }
  }

  private static List<List<PlanToken.Row>> batches(int size, int count) {
    List<List<PlanToken.Row>> batches = new ArrayList<>();
    for (int from = 0; from < count; from += size) {
      batches.add(rows(from, Math.min(count, from + size)));
    }
    return batches;
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
