package io.cogaze.nn.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.BuiltNetwork;
import io.cogaze.nn.network.CooperativeNetwork;
import io.cogaze.nn.network.CooperativeSpec;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.learning.config.Adam;

class MemoryEstimateTest {
  @BeforeAll
  static void chooseTheNativeLibrary() {
    NativeLibrary.prepare();
  }

  private static final DenseNetSpec TINY = new DenseNetSpec(List.of(1, 1, 1, 1), 4, 8);
  private static final CooperativeSpec SPEC = new CooperativeSpec(64, 32, 4, TINY, 3, 4, 0.25);

  private static BuiltNetwork train(Set<Head> heads, Set<String> parts) {
    return SPEC.network().build(BuildRequest.train(heads, parts, 1, new Adam(1e-4)));
  }

  private static BuiltNetwork whole() {
    return train(
        Set.of(Head.SALIENCY, Head.FUSED_CLASS),
        Set.of(
            CooperativeNetwork.DENSENET,
            CooperativeNetwork.ENCODER,
            CooperativeNetwork.DECODER,
            CooperativeNetwork.SALIENCY_HEAD,
            CooperativeNetwork.FUSED_CLASSIFIER));
  }

  @Test
  void activationsGrowWithTheBatchAndWeightsDoNot() {
    MemoryDemand one = MemoryDemand.training(whole(), 64, 32, 1, 2);
    MemoryDemand four = MemoryDemand.training(whole(), 64, 32, 4, 2);

    assertThat(four.kept()).isEqualTo(4 * one.kept());
    assertThat(four.gradients()).isEqualTo(4 * one.gradients());
    assertThat(four.largest()).isEqualTo(4 * one.largest());
    assertThat(four.weights()).isEqualTo(one.weights());
    assertThat(one.learned()).isEqualTo(4 * whole().names().parameterCount());
    assertThat(one.frozen()).isZero();
    assertThat(one.live()).isZero();
  }

  /** Counted by hand: the outputs of a DenseNet of one layer a block, 32 x 32. */
  @Test
  void countsEveryOutputOfADenseNet() {
    BuiltNetwork network =
        new DenseNetClassifierSpec(32, 32, TINY, 3)
            .network()
            .build(
                BuildRequest.train(
                    Set.of(Head.DENSENET_CLASS),
                    Set.of(CooperativeNetwork.DENSENET, CooperativeNetwork.DENSENET_CLASSIFIER),
                    1,
                    new Adam(1e-4)));
    // conv0, norm0: 8 x 16 x 16; pool0: 8 x 8 x 8.
    long expected = 2 * 8 * 256 + 8 * 64;
    // Each block on c channels and p pixels: norm1 c, conv1 and norm2 16, conv2 4, concat c + 4;
    // each transition: norm c + 4, conv (c + 4) / 2, pooled to a quarter of the pixels.
    int channels = 8;
    int pixels = 64;
    for (int block = 1; block <= 4; block++) {
      expected += (long) pixels * (channels + 16 + 16 + 4 + channels + 4);
      channels += 4;
      if (block < 4) {
        expected += (long) pixels * (channels + channels / 2) + (long) pixels / 4 * (channels / 2);
        channels /= 2;
        pixels /= 4;
      }
    }
    // norm5, pool5, classifier, softmax.
    expected += (long) pixels * channels + channels + 3 + 3;

    assertThat(MemoryDemand.training(network, 32, 32, 1, 1).kept()).isEqualTo(4 * expected);
  }

  @Test
  void whatIsFrozenKeepsNoGradient() {
    BuiltNetwork stage =
        train(
            Set.of(Head.SALIENCY),
            Set.of(
                CooperativeNetwork.ENCODER,
                CooperativeNetwork.DECODER,
                CooperativeNetwork.SALIENCY_HEAD));
    MemoryDemand some = MemoryDemand.training(stage, 64, 32, 2, 1);
    MemoryDemand all = MemoryDemand.training(whole(), 64, 32, 2, 1);

    assertThat(some.frozen()).isPositive();
    assertThat(some.kept()).isLessThan(all.kept());
    assertThat(some.learned()).isLessThan(all.learned()).isPositive();
    assertThat(some.gradients()).isLessThanOrEqualTo(all.gradients());
  }

  @Test
  void inferenceKeepsOnlyWhatIsStillUsed() {
    BuiltNetwork network =
        SPEC.network().build(BuildRequest.inference(Set.of(Head.SALIENCY, Head.FUSED_CLASS)));
    MemoryDemand demand = MemoryDemand.inference(network, 64, 32, 2, 1);

    assertThat(demand.live())
        .isPositive()
        .isLessThan(MemoryDemand.training(whole(), 64, 32, 2, 1).kept() / 2);
    assertThat(demand.kept() + demand.gradients() + demand.learned()).isZero();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void aFitFindsTheFactorsThatMadeTheMeasurements(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    MemoryEstimate truth = new MemoryEstimate(300 << 20, 2, 3, 1.25, 1.5, 0.75, 2.5, 0, 20 << 20);
    List<MemoryEstimate.Sample> samples = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      MemoryDemand demand = random(random);
      samples.add(new MemoryEstimate.Sample(demand, truth.peakMb(demand)));
    }

    MemoryEstimate found = MemoryEstimate.fit(samples, 0.05);

    for (int i = 0; i < 20; i++) {
      MemoryDemand unseen = random(random);
      double ratio = (double) found.peakMb(unseen) / truth.peakMb(unseen);
      assertThat(ratio).isBetween(1.0, 1.2);
    }
    for (MemoryEstimate.Sample sample : samples) {
      assertThat(found.peakMb(sample.demand()) / sample.peakMb()).isGreaterThanOrEqualTo(1.05);
    }
  }

  @Test
  void aLargerStepIsNeverEstimatedLower() {
    MemoryEstimate estimate = new MemoryEstimate(1 << 28, 1, 3, 1, 1, 1, 1, 1, 1 << 20);
    long before = 0;
    for (int batch = 1; batch <= 8; batch++) {
      long peak = estimate.peakMb(MemoryDemand.training(whole(), 64, 32, batch, 1));
      assertThat(peak).isGreaterThanOrEqualTo(before);
      before = peak;
    }
    assertThat(before).isCloseTo(256, within(40L));
  }

  @Test
  void refusesFactorsBelowZeroAndFitsToNothing() {
    assertThatThrownBy(() -> new MemoryEstimate(0, -1, 0, 0, 0, 0, 0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 0, got -1");
    assertThatThrownBy(() -> MemoryEstimate.fit(List.of(), 0.05))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs a measurement");
  }

  private static MemoryDemand random(SplittableRandom random) {
    boolean training = random.nextBoolean();
    long mib = 1 << 20;
    return new MemoryDemand(
        random.nextLong(10, 300) * mib,
        training ? random.nextLong(1, 300) * mib : 0,
        training ? random.nextLong(100, 4000) * mib : 0,
        training ? random.nextLong(0, 1000) * mib : 0,
        training ? random.nextLong(20, 500) * mib : 0,
        training ? 0 : random.nextLong(50, 1000) * mib,
        random.nextLong(5, 300) * mib,
        random.nextInt(1, 9));
  }

  @Test
  void theCommittedFactorsSayWhatTheyWereFittedForAndSurviveJson() throws IOException {
    FittedEstimate committed = FittedEstimate.committed();

    assertThat(committed.jvmOptions()).isEqualTo(MemoryEstimate.JVM_OPTIONS);
    assertThat(committed.engine()).contains("onednn");
    assertThat(FittedEstimate.parse(committed.toJson().getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(committed);
    MemoryDemand demand = MemoryDemand.training(whole(), 64, 32, 2, 1);
    MemoryEstimate factors = committed.factors();
    assertThat(factors.networkMb(demand)).isPositive();
    assertThat(factors.baseMb() + factors.networkMb(demand))
        .as("heap, base and network, each rounded up")
        .isBetween(
            factors.peakMb(demand) - MemoryEstimate.HEAP_MB,
            factors.peakMb(demand) - MemoryEstimate.HEAP_MB + 2);
    assertThatThrownBy(() -> FittedEstimate.parse("{}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("one is missing");
  }
}
