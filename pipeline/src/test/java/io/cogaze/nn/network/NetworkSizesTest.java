package io.cogaze.nn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.learning.config.Adam;

/** Sizes and shapes of the DenseNet classifier and MT-UNet, without computing anything. */
class NetworkSizesTest {
  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  private static BuiltNetwork whole(NetworkSpec spec) {
    return spec.network().build(BuildRequest.inference(spec.network().heads()));
  }

  static Stream<Arguments> denseNets() {
    return Stream.of(
        Arguments.of(DenseNetSpec.densenet121(), 6_953_856L, 1024, 364, 121),
        Arguments.of(DenseNetSpec.densenet169(), 12_484_480L, 1664, 508, 169),
        Arguments.of(DenseNetSpec.densenet201(), 18_092_928L, 1920, 604, 201));
  }

  @ParameterizedTest
  @MethodSource("denseNets")
  void aDenseNetHasTheParametersOfTorchvisions(
      DenseNetSpec size, long features, int channels, int parameters, int normalisations) {
    BuiltNetwork built = whole(new DenseNetClassifierSpec(224, 224, size, 3));
    TensorNames names = built.names();
    assertThat(size.channels()).isEqualTo(channels);
    assertThat(names.parameterCounts())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("densenet", features, "densenet-classifier", 3L * channels + 3));
    assertThat(names.tensors().stream().filter(t -> t.role() == TensorNames.Role.PARAMETER))
        .hasSize(parameters);
    assertThat(names.tensors().stream().filter(t -> t.name().endsWith(".running_var")))
        .hasSize(normalisations);
    assertThat(names.tensor("densenet.denseblock4.denselayer16.conv2.weight").shape())
        .containsExactly(32L, 128L, 3L, 3L);
    assertThat(names.tensor("densenet.transition3.conv.weight").shape().get(0))
        .isEqualTo(names.tensor("densenet.denseblock4.denselayer1.norm1.weight").shape().get(0));
    Map<String, InputType> types =
        built.configuration().getLayerActivationTypes(InputType.convolutional(224, 224, 1));
    assertThat(types.get("densenet.norm5")).isEqualTo(InputType.convolutional(7, 7, channels));
  }

  @Test
  void theDenseNetAloneHasTheNamesOfTheCooperativeNetworksFirstEncoder() {
    DenseNetSpec size = DenseNetSpec.densenet121();
    TensorNames alone = whole(new DenseNetClassifierSpec(64, 64, size, 3)).names();
    TensorNames both = whole(new CooperativeSpec(64, 64, 8, size, 3, 8, 0)).names();
    assertThat(alone.tensors("densenet")).isEqualTo(both.tensors("densenet"));
    assertThat(alone.tensors("densenet-classifier")).isEqualTo(both.tensors("densenet-classifier"));
  }

  @ParameterizedTest
  @CsvSource({
    "64, 18849984, 15675840, 37121, 69891, 34632836",
    "16, 1180464, 981360, 2369, 4419, 2168612",
    "8, 295896, 245880, 609, 1123, 543508"
  })
  void mtUnetHasTheParametersOfThePublishedOne(
      int base, long encoder, long decoder, long saliency, long classifier, long all) {
    TensorNames names = whole(new MtUnetSpec(320, 256, base, 3, base, 0.25)).names();
    assertThat(names.parameterCounts())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "encoder", encoder,
                "decoder", decoder,
                "saliency-head", saliency,
                "fused-classifier", classifier));
    assertThat(names.parameterCount()).isEqualTo(all);
  }

  /** The authors count their learned loss weight among the parameters: 34,632,837. */
  @Test
  void mtUnetWithALearnedLossWeightHasOneParameterMore() {
    Network mtUnet = new MtUnetSpec(320, 256, 64, 3, 64, 0.25).network();
    TensorNames names =
        mtUnet
            .build(
                new BuildRequest(
                    mtUnet.heads(),
                    mtUnet.parts(),
                    1,
                    new Adam(1e-4),
                    Map.of(Head.SALIENCY, 0.5),
                    TripletOptions.defaults(),
                    Set.of(Head.FUSED_CLASS)))
            .names();

    assertThat(names.parameterCount()).isEqualTo(34_632_837);
    assertThat(names.tensors("loss-weights"))
        .extracting(TensorNames.Tensor::toString)
        .containsExactly("loss-weights.fused-class.log_sigma[1]");
  }

  @Test
  void aWeightIsNotLearnedForTripletsNorForAnOutputThatIsNotThere() {
    for (Head head : List.of(Head.EMBEDDING, Head.SALIENCY)) {
      assertThatThrownBy(
              () ->
                  new BuildRequest(
                      Set.of(Head.EMBEDDING, Head.DENSENET_CLASS),
                      Set.of("densenet"),
                      1,
                      new Adam(1e-4),
                      Map.of(),
                      TripletOptions.defaults(),
                      Set.of(head)))
          .hasMessage(
              "The loss weight of "
                  + head
                  + " cannot be learned: of the outputs [EMBEDDING, DENSENET_CLASS] it can for all"
                  + " but EMBEDDING");
    }
  }

  @ParameterizedTest
  @CsvSource({"640, 512", "320, 256", "64, 64", "48, 16"})
  void mtUnetsActivationsHaveTheSizesOfThePublishedOne(int height, int width) {
    ComputationGraphConfiguration graph =
        whole(new MtUnetSpec(height, width, 64, 3, 64, 0.25)).configuration();
    Map<String, InputType> types =
        graph.getLayerActivationTypes(InputType.convolutional(height, width, 1));
    for (int level = 1; level <= 5; level++) {
      int scale = 1 << (level - 1);
      assertThat(types.get("encoder.level" + level + ".norm2"))
          .isEqualTo(InputType.convolutional(height / scale, width / scale, 64L * scale));
    }
    for (int level = 2; level <= 5; level++) {
      int scale = 1 << (level - 2);
      assertThat(types.get("decoder.level" + level + ".concat"))
          .isEqualTo(InputType.convolutional(height / scale, width / scale, 128L * scale));
    }
    assertThat(types.get("saliency")).isEqualTo(InputType.convolutional(height, width, 1));
    assertThat(types.get("fused-classifier.concat")).isEqualTo(InputType.feedForward(1088));
    assertThat(types.get("fused-class")).isEqualTo(InputType.feedForward(3));
  }

  @ParameterizedTest
  @CsvSource({"100, 96", "96, 100", "0, 16", "8, 16"})
  void mtUnetRefusesSidesThatAreNotMultiplesOf16(int height, int width) {
    assertThatThrownBy(() -> new MtUnetSpec(height, width, 8, 3, 8, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "The MT-UNet needs height and width that are multiples of 16 (it halves its input four"
                + " times), got "
                + height
                + " x "
                + width);
  }

  @ParameterizedTest
  @CsvSource({"224, 225", "48, 64", "0, 32"})
  void aDenseNetRefusesSidesThatAreNotMultiplesOf32(int height, int width) {
    assertThatThrownBy(
            () -> new DenseNetClassifierSpec(height, width, DenseNetSpec.densenet121(), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("DenseNet classifier needs height and width that are multiples of 32")
        .hasMessageEndingWith("got " + height + " x " + width);
  }

  @Test
  void refusesSettingsThatMakeNoNetwork() {
    assertThatThrownBy(() -> new MtUnetSpec(32, 32, 0, 3, 8, 0))
        .hasMessage("Base width and hidden width must be at least 1, got 0 and 8");
    assertThatThrownBy(() -> new MtUnetSpec(32, 32, 8, 1, 8, 0))
        .hasMessage("At least 2 classes are needed, got 1");
    assertThatThrownBy(() -> new MtUnetSpec(32, 32, 8, 3, 8, 1))
        .hasMessage("Dropout must be in [0, 1), got 1.0");
  }

  @Test
  void aNetworkRefusesAnOutputThatItDoesNotHave() {
    Network mtUnet = new MtUnetSpec(32, 32, 8, 3, 8, 0).network();
    assertThatThrownBy(() -> mtUnet.build(BuildRequest.inference(EnumSet.allOf(Head.class))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The MT-UNet has no output EMBEDDING; its outputs are [SALIENCY, FUSED_CLASS]");
    Network densenet = new DenseNetClassifierSpec(32, 32, DenseNetSpec.densenet121(), 3).network();
    assertThatThrownBy(() -> densenet.parts(Head.SALIENCY))
        .hasMessage(
            "The DenseNet classifier has no output SALIENCY; its outputs are [EMBEDDING,"
                + " DENSENET_CLASS]");
  }

  @Test
  void mtUnetTrainsOneOutputAloneWithThePartsThatItNeeds() {
    Network mtUnet = new MtUnetSpec(32, 32, 8, 3, 8, 0).network();
    BuiltNetwork built =
        mtUnet.build(
            BuildRequest.train(
                Set.of(Head.SALIENCY), mtUnet.parts(Head.SALIENCY), 1, new Adam(1e-4)));
    assertThat(built.names().parameterCounts().keySet())
        .containsExactly("encoder", "decoder", "saliency-head");
    assertThatThrownBy(
            () ->
                mtUnet.build(
                    BuildRequest.train(
                        Set.of(Head.SALIENCY), Set.of("fused-classifier"), 1, new Adam(1e-4))))
        .hasMessageContaining("Part 'fused-classifier' cannot be trained");
    assertThatThrownBy(
            () ->
                mtUnet.build(
                    BuildRequest.train(
                        Set.of(Head.SALIENCY), Set.of("densenet"), 1, new Adam(1e-4))))
        .hasMessage(
            "The MT-UNet has no part 'densenet'; its parts are [encoder, decoder, saliency-head,"
                + " fused-classifier]");
  }
}
