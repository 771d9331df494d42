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
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.learning.config.Adam;

/** Sizes and shapes, without computing anything. */
@Tag("native")
class CooperativeNetworkTest {
  private static final Set<Head> ALL = EnumSet.allOf(Head.class);

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  private static CooperativeSpec spec(int height, int width, int base, DenseNetSpec densenet) {
    return new CooperativeSpec(height, width, base, densenet, 3, base, 0.25);
  }

  private static TensorNames names(CooperativeSpec spec) {
    return spec.network().build(BuildRequest.inference(ALL)).names();
  }

  @ParameterizedTest
  @CsvSource({
    "64, 25294016, 23086080, 37121, 127235",
    "16, 1583696, 3103488, 2369, 31043",
    "8, 396872, 1329408, 609, 15459"
  })
  void parametersOfEachPartAreThoseOfThePublishedNetwork(
      int base, long encoder, long decoder, long saliencyHead, long fusedClassifier) {
    TensorNames names = names(spec(64, 64, base, DenseNetSpec.densenet201()));
    assertThat(names.parameterCounts())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "densenet", 18_092_928L,
                "densenet-classifier", 5_763L,
                "encoder", encoder,
                "decoder", decoder,
                "saliency-head", saliencyHead,
                "fused-classifier", fusedClassifier));
    assertThat(names.parameterCount())
        .isEqualTo(18_098_691L + encoder + decoder + saliencyHead + fusedClassifier);
  }

  @Test
  void parametersWithADenseNet121AreThoseOfThePublishedNetwork() {
    TensorNames names = names(spec(64, 64, 64, DenseNetSpec.densenet121()));
    assertThat(names.parameterCounts())
        .containsEntry("densenet", 6_953_856L)
        .containsEntry("decoder", 18_957_312L)
        .containsEntry("fused-classifier", 69_891L);
    assertThat(names.tensors("densenet").stream().filter(t -> isParameter(t))).hasSize(362);
  }

  @Test
  void denseNet201HasSixHundredAndTwoParametersAndFourHundredAndTwoRunningStatistics() {
    List<TensorNames.Tensor> tensors =
        names(spec(64, 64, 8, DenseNetSpec.densenet201())).tensors("densenet");
    assertThat(tensors).hasSize(1_004);
    assertThat(tensors.stream().filter(t -> isParameter(t))).hasSize(602);
    assertThat(tensors.stream().filter(t -> t.name().endsWith(".running_mean"))).hasSize(201);
    assertThat(tensors.stream().filter(t -> t.name().endsWith(".running_var"))).hasSize(201);
  }

  private static boolean isParameter(TensorNames.Tensor tensor) {
    return tensor.role() == TensorNames.Role.PARAMETER;
  }

  @ParameterizedTest
  @CsvSource({
    "EMBEDDING, densenet, 18092928",
    "DENSENET_CLASS, densenet densenet-classifier, 18098691",
    "SALIENCY, encoder decoder saliency-head, 48417217",
    "FUSED_CLASS, fused-classifier, 127235"
  })
  void eachStageTrainsAsManyParametersAsThePublishedOne(Head head, String parts, long expected) {
    BuiltNetwork built =
        spec(64, 64, 64, DenseNetSpec.densenet201())
            .network()
            .build(
                BuildRequest.train(EnumSet.of(head), Set.of(parts.split(" ")), 1, new Adam(1e-4)));
    long trained =
        built.names().tensors().stream()
            .filter(t -> t.trainable() && isParameter(t))
            .mapToLong(TensorNames.Tensor::size)
            .sum();
    assertThat(trained).isEqualTo(expected);
    assertThat(built.names().tensors("densenet")).hasSize(1_004);
  }

  @ParameterizedTest
  @CsvSource({"640, 512", "320, 256", "64, 64", "160, 128", "128, 96"})
  void activationsHaveTheSizesOfThePublishedNetwork(int height, int width) {
    ComputationGraphConfiguration graph =
        spec(height, width, 64, DenseNetSpec.densenet201())
            .network()
            .build(BuildRequest.inference(ALL))
            .configuration();
    Map<String, InputType> types =
        graph.getLayerActivationTypes(InputType.convolutional(height, width, 1));
    for (int level = 1; level <= 5; level++) {
      int scale = 1 << (level - 1);
      assertThat(types.get("encoder.level" + level + ".se"))
          .isEqualTo(InputType.convolutional(height / scale, width / scale, 64L * scale));
    }
    assertThat(types.get("densenet.denseblock4.denselayer32.concat"))
        .isEqualTo(InputType.convolutional(height / 32, width / 32, 1920));
    assertThat(types.get("decoder.level5.concat"))
        .isEqualTo(InputType.convolutional(height / 16, width / 16, 1536));
    assertThat(types.get("saliency")).isEqualTo(InputType.convolutional(height, width, 1));
    assertThat(types.get("embedding")).isEqualTo(InputType.feedForward(1920));
    assertThat(types.get("densenet-class")).isEqualTo(InputType.feedForward(3));
    assertThat(types.get("fused-class")).isEqualTo(InputType.feedForward(3));
  }

  @ParameterizedTest
  @CsvSource({"100, 96", "96, 100", "0, 32", "16, 32"})
  void refusesSidesThatAreNotMultiplesOf32(int height, int width) {
    assertThatThrownBy(() -> spec(height, width, 8, DenseNetSpec.densenet201()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "The cooperative network needs height and width that are multiples of 32 (it halves its"
                + " input five times), got "
                + height
                + " x "
                + width);
  }

  @Test
  void refusesAPartThatDoesNotExist() {
    assertThatThrownBy(() -> build(Head.SALIENCY, "decodr"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has no part 'decodr'")
        .hasMessageContaining("densenet-classifier");
  }

  @Test
  void refusesToTrainAPartThatTheOutputDoesNotNeed() {
    assertThatThrownBy(() -> build(Head.EMBEDDING, "decoder"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Part 'decoder' cannot be trained with the outputs [EMBEDDING], which need only"
                + " [densenet]");
  }

  @Test
  void refusesToTrainBelowAFrozenPart() {
    assertThatThrownBy(() -> build(Head.DENSENET_CLASS, "densenet"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Part densenet-classifier is frozen but lies above a trainable one");
  }

  @Test
  void refusesRequestsThatMakeNoSense() {
    assertThatThrownBy(() -> BuildRequest.inference(Set.of()))
        .hasMessage("A network needs at least one head, none was requested");
    assertThatThrownBy(
            () ->
                new BuildRequest(
                    Set.of(Head.SALIENCY),
                    Set.of(),
                    1,
                    new Adam(),
                    Map.of(Head.SALIENCY, -1.0),
                    TripletOptions.defaults()))
        .hasMessage("The loss weight of SALIENCY is -1.0, expected a number >= 0");
    assertThatThrownBy(() -> new TripletOptions(0, false))
        .hasMessage("The triplet margin must be positive, got 0.0");
    assertThatThrownBy(() -> new DenseNetSpec(List.of(1, 2, 3), 4, 8))
        .hasMessage("DenseNet needs four block sizes of at least 1, got [1, 2, 3]");
  }

  private static BuiltNetwork build(Head head, String part) {
    return spec(64, 64, 8, new DenseNetSpec(List.of(1, 1, 1, 1), 4, 8))
        .network()
        .build(BuildRequest.train(EnumSet.of(head), Set.of(part), 1, new Adam()));
  }

  @Test
  void namesDoNotDependOnHeadsOrOnWhatIsFrozen() {
    CooperativeSpec spec = spec(64, 64, 8, new DenseNetSpec(List.of(1, 1, 1, 1), 4, 8));
    Set<String> all =
        Set.copyOf(names(spec).tensors().stream().map(TensorNames.Tensor::name).toList());
    for (Head head : Head.values()) {
      Network network = spec.network();
      BuiltNetwork built =
          network.build(BuildRequest.train(EnumSet.of(head), network.parts(head), 1, new Adam()));
      assertThat(built.outputs()).containsExactly(head);
      assertThat(built.names().tensors())
          .allSatisfy(tensor -> assertThat(all).contains(tensor.name()))
          .allSatisfy(tensor -> assertThat(tensor.name()).startsWith(tensor.part() + "."));
      assertThat(built.names().parameterCounts().keySet())
          .containsExactlyInAnyOrderElementsOf(network.parts(head));
    }
  }
}
