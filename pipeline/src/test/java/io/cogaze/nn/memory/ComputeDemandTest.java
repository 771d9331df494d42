package io.cogaze.nn.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.CooperativeSpec;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.MtUnetSpec;
import io.cogaze.nn.network.NetworkSpec;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.Adam;

final class ComputeDemandTest {
  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  /**
   * torchvision's documentation states 2.83 and 4.29 GFLOPS for DenseNet-121 and -201 at 224 x 224,
   * counting a multiplication with its addition once; its 1,000 classes are a thousandth of that.
   */
  @Test
  void denseNetsTakeWhatTorchvisionsDocumentationStates() {
    assertThat(gmacs(new DenseNetClassifierSpec(224, 224, DenseNetSpec.densenet121(), 3)))
        .isCloseTo(2.83, within(0.01));
    assertThat(gmacs(new DenseNetClassifierSpec(224, 224, DenseNetSpec.densenet201(), 3)))
        .isCloseTo(4.29, within(0.01));
  }

  /** The first level by hand: 9 * 1 * 64 and 9 * 64 * 64 at each of 640 x 512 pixels, and so on. */
  @Test
  void mtUnetTakesTheSumOfItsConvolutionsOverTheirPixels() {
    double gmacs = 0;
    int[] widths = {1, 64, 128, 256, 512, 1024};
    for (int level = 1; level <= 5; level++) {
      double pixels = 640.0 * 512 / (1 << (2 * (level - 1)));
      gmacs += 9.0 * widths[level] * (widths[level - 1] + widths[level]) * pixels / 1e9;
      if (level < 5) {
        // Up from twice the width, then two convolutions, the first over skip and up.
        gmacs += 9.0 * widths[level] * (2 + 2 + 1) * widths[level] * pixels / 1e9;
      }
    }
    gmacs += (9.0 * 64 * 64 + 64) * 640 * 512 / 1e9;

    assertThat(gmacs(new MtUnetSpec(640, 512, 64, 3, 64, 0.25)))
        .isCloseTo(gmacs, within(0.001))
        .isCloseTo(338.44, within(0.01));
  }

  @Test
  void aFrozenEncoderCountsAsFrozenAndTheWholeStaysTheSame() {
    NetworkSpec spec =
        new CooperativeSpec(64, 64, 4, new DenseNetSpec(List.of(1, 1, 1, 1), 4, 8), 3, 4, 0);
    ComputeDemand all =
        demand(spec, Set.of("densenet", "encoder", "decoder", "saliency-head"), Head.SALIENCY);
    ComputeDemand some = demand(spec, Set.of("encoder", "decoder", "saliency-head"), Head.SALIENCY);

    assertThat(all.learnedMacs()).isEqualTo(some.learnedMacs() + some.frozenMacs());
    assertThat(all.learnedBytes() + all.frozenBytes())
        .isEqualTo(some.learnedBytes() + some.frozenBytes());
    assertThat(some.frozenMacs()).isPositive();
    assertThat(TimeEstimate.trainingSeconds(some))
        .isBetween(TimeEstimate.learningSeconds(some), TimeEstimate.trainingSeconds(all));
    assertThat(TimeEstimate.inferenceSeconds(some))
        .isEqualTo(TimeEstimate.inferenceSeconds(all), within(1e-12))
        .isLessThan(TimeEstimate.trainingSeconds(some));
  }

  private static double gmacs(NetworkSpec spec) {
    ComputeDemand demand =
        ComputeDemand.of(
            spec.network().build(BuildRequest.inference(spec.network().heads())),
            spec.height(),
            spec.width());
    return (demand.learnedMacs() + demand.frozenMacs()) / 1e9;
  }

  private static ComputeDemand demand(NetworkSpec spec, Set<String> trainable, Head head) {
    return ComputeDemand.of(
        spec.network().build(BuildRequest.train(Set.of(head), trainable, 1, new Adam(1e-3))),
        spec.height(),
        spec.width());
  }
}
