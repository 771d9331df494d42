package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.KernelFixtures.ONEDNN;
import static io.cogaze.nn.kernel.KernelFixtures.WITHOUT_WINOGRAD;
import static io.cogaze.nn.kernel.KernelFixtures.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.CooperativeSpec;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.MtUnetSpec;
import io.cogaze.nn.network.NetworkSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/** A whole network with and without Winograd's algorithm, chosen by the rule. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class WinogradAgreementTest {
  private static final CooperativeSpec SPEC =
      new CooperativeSpec(160, 128, 16, new DenseNetSpec(List.of(2, 3, 2, 2), 16, 32), 3, 16, 0.5);

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  @ParameterizedTest(name = "with the statistics of the batch: {0}")
  @ValueSource(booleans = {true, false})
  void outputsAgreeToOneTenThousandth(boolean training) {
    assumeThat(OneDnn.hasAvx512()).as("AVX-512, without which there is no Winograd").isTrue();
    ComputationGraph graph =
        new ComputationGraph(
            SPEC.network()
                .build(
                    new BuildRequest(
                        EnumSet.of(Head.DENSENET_CLASS, Head.SALIENCY),
                        Set.of(
                            "densenet",
                            "densenet-classifier",
                            "encoder",
                            "decoder",
                            "saliency-head"),
                        5,
                        new Sgd(1),
                        Map.of(),
                        TripletOptions.defaults()))
                .configuration());
    graph.init();
    INDArray image = random(3, DataType.FLOAT, 2, 1, 160, 128);
    INDArray[] direct = Kernels.with(WITHOUT_WINOGRAD, () -> graph.output(training, image));
    INDArray[] winograd = Kernels.with(ONEDNN, () -> graph.output(training, image));
    assertThat(winograd).hasSameSizeAs(direct);
    for (int i = 0; i < direct.length; i++) {
      assertThat(HostValues.floats(winograd[i]))
          .as("bits, which show that another algorithm ran")
          .isNotEqualTo(HostValues.floats(direct[i]));
      assertThat(winograd[i].distance2(direct[i]))
          .isLessThan(1e-4 * direct[i].norm2Number().doubleValue());
    }
  }

  static Stream<NetworkSpec> fullSize() {
    DenseNetSpec densenet = DenseNetSpec.densenet201();
    return Stream.of(
        new DenseNetClassifierSpec(224, 224, densenet, 3),
        new MtUnetSpec(320, 256, 64, 3, 64, 0.25),
        new CooperativeSpec(320, 256, 64, densenet, 3, 64, 0.25));
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("fullSize")
  void outputsOfTheNetworksAtFullSizeAgreeToOneTenThousandth(NetworkSpec spec) {
    assumeThat(OneDnn.hasAvx512()).as("AVX-512, without which there is no Winograd").isTrue();
    ComputationGraph graph =
        new ComputationGraph(
            spec.network().build(BuildRequest.inference(spec.network().heads())).configuration());
    graph.init();
    INDArray image = random(3, DataType.FLOAT, 1, 1, spec.height(), spec.width());
    INDArray[] direct = Kernels.with(WITHOUT_WINOGRAD, () -> graph.output(false, image));
    INDArray[] winograd = Kernels.with(ONEDNN, () -> graph.output(false, image));
    boolean differs = false;
    for (int i = 0; i < direct.length; i++) {
      differs |= !Arrays.equals(HostValues.floats(winograd[i]), HostValues.floats(direct[i]));
      assertThat(winograd[i].distance2(direct[i]))
          .as("output %d", i)
          .isLessThan(1e-4 * direct[i].norm2Number().doubleValue());
    }
    assertThat(differs).as("another algorithm ran").isTrue();
  }
}
