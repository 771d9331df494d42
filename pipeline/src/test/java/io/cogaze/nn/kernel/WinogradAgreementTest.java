package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.KernelFixtures.ONEDNN;
import static io.cogaze.nn.kernel.KernelFixtures.WITHOUT_WINOGRAD;
import static io.cogaze.nn.kernel.KernelFixtures.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.CooperativeSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
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
}
