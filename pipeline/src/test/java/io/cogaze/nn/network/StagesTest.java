package io.cogaze.nn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.InputException;
import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.ExampleKeys;
import io.cogaze.weights.ParametersHash;
import io.cogaze.weights.TensorStore;
import io.cogaze.weights.Tensors;
import io.cogaze.weights.TransferMap;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/** The four stages: what learns, what stays, what is the same when it is done again. */
@Tag("native")
class StagesTest {
  private static final CooperativeSpec SPEC =
      new CooperativeSpec(32, 32, 4, new DenseNetSpec(List.of(1, 1, 1, 1), 4, 6), 3, 4, 0.25);
  private static final int BATCH = 4;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  private static Set<String> trained(Head head) {
    return switch (head) {
      case EMBEDDING -> Set.of("densenet");
      case DENSENET_CLASS -> Set.of("densenet", "densenet-classifier");
      case SALIENCY -> Set.of("encoder", "decoder", "saliency-head");
      case FUSED_CLASS -> Set.of("fused-classifier");
    };
  }

  private static BuiltNetwork stage(Head head) {
    return SPEC.network()
        .build(BuildRequest.train(EnumSet.of(head), trained(head), 7, new Adam(1e-2)));
  }

  private static ComputationGraph graph(BuiltNetwork built) {
    ComputationGraph graph = new ComputationGraph(built.configuration().clone());
    graph.init();
    return graph;
  }

  private static MultiDataSet batch(Head head) {
    Nd4j.getRandom().setSeed(3);
    INDArray image = Nd4j.rand(DataType.FLOAT, BATCH, 1, 32, 32);
    if (head == Head.SALIENCY) {
      INDArray target = Nd4j.rand(DataType.FLOAT, BATCH, 1, 32, 32);
      return new MultiDataSet(image, normalised(target));
    }
    INDArray labels = Nd4j.zeros(DataType.FLOAT, BATCH, 3);
    for (int i = 0; i < BATCH; i++) {
      labels.putScalar(i, i % 2, 1);
    }
    return new MultiDataSet(image, labels);
  }

  private static INDArray normalised(INDArray map) {
    INDArray rows = map.reshape(BATCH, 32 * 32);
    rows.diviColumnVector(rows.sum(1).reshape(BATCH, 1));
    return rows.reshape(BATCH, 1, 32, 32);
  }

  /** As the last batch of an epoch may be. */
  @ParameterizedTest
  @EnumSource(Head.class)
  void aBatchOfOneExampleIsTrained(Head head) {
    CooperativeSpec spec =
        new CooperativeSpec(64, 64, 4, new DenseNetSpec(List.of(1, 1, 1, 1), 4, 6), 3, 4, 0.25);
    ComputationGraph graph =
        graph(
            spec.network()
                .build(BuildRequest.train(EnumSet.of(head), trained(head), 7, new Adam(1e-2))));
    INDArray before = graph.params().dup();
    INDArray label =
        head == Head.SALIENCY
            ? Nd4j.zeros(DataType.FLOAT, 1, 1, 64, 64)
            : Nd4j.zeros(DataType.FLOAT, 1, 3);
    label.putScalar(1, 1);
    Nd4j.getRandom().setSeed(3);
    graph.fit(new MultiDataSet(Nd4j.rand(DataType.FLOAT, 1, 1, 64, 64), label));

    assertThat(graph.score()).isFinite();
    assertThat(HostValues.floats(graph.params())).doesNotContain(Float.NaN);
    // An anchor has no partner: only running statistics move.
    assertThat(graph.params()).isNotEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(Head.class)
  void aStepChangesEveryTensorThatIsTrainedAndNotABitOfTheOthers(Head head) {
    BuiltNetwork built = stage(head);
    ComputationGraph graph = graph(built);
    Tensors before = TensorStore.read(graph, built.names());
    graph.fit(batch(head));
    Tensors after = TensorStore.read(graph, built.names());
    int changed = 0;
    for (TensorNames.Tensor tensor : built.names().tensors()) {
      float[] first = before.get(tensor.name()).data();
      float[] second = after.get(tensor.name()).data();
      assertThat(tensor.trainable())
          .as(tensor.name())
          .isEqualTo(trained(head).contains(tensor.part()));
      if (tensor.trainable()) {
        // The few hidden values of a squeeze and excitation may all be cut off by its ReLU.
        if (!tensor.name().contains(".se.")) {
          assertThat(Arrays.equals(first, second)).as(tensor.name() + " stays").isFalse();
        }
        changed += Arrays.equals(first, second) ? 0 : 1;
      } else {
        assertThat(second).as(tensor.name()).isEqualTo(first);
      }
    }
    assertThat(changed).isEqualTo(head == Head.FUSED_CLASS ? 4 : changed).isPositive();
  }

  @ParameterizedTest
  @EnumSource(Head.class)
  void theLossFallsWhenOneBatchIsLearnedByHeart(Head head) {
    BuiltNetwork built = stage(head);
    ComputationGraph graph = graph(built);
    MultiDataSet batch = batch(head);
    graph.fit(batch);
    double first = graph.score();
    for (int i = 0; i < 15; i++) {
      graph.fit(batch);
    }
    assertThat(graph.score()).isFinite().isLessThan(first);
  }

  @ParameterizedTest
  @EnumSource(Head.class)
  void theSameSeedGivesTheSameBitsAlsoThroughJsonAndOnAnotherThread(Head head) throws Exception {
    BuiltNetwork built = stage(head);
    String expected = hashAfterSteps(built, built.configuration(), head);
    ComputationGraphConfiguration copy =
        ComputationGraphConfiguration.fromJson(built.configuration().toJson());
    assertThat(copy).isEqualTo(built.configuration());
    String[] found = new String[1];
    Thread thread =
        new Thread(
            () -> {
              NativeLibrary.threads(1);
              found[0] = hashAfterSteps(built, copy, head);
            });
    thread.start();
    thread.join();
    assertThat(found[0]).isEqualTo(expected);
    ComputationGraphConfiguration serialised = throughJava(stage(head).configuration());
    assertThat(hashAfterSteps(built, serialised, head)).isEqualTo(expected);
  }

  private static String hashAfterSteps(
      BuiltNetwork built, ComputationGraphConfiguration configuration, Head head) {
    ComputationGraph graph = new ComputationGraph(configuration.clone());
    graph.init();
    MultiDataSet batch = batch(head);
    graph.fit(batch);
    graph.fit(batch);
    return ParametersHash.sha256(graph, built.names());
  }

  private static ComputationGraphConfiguration throughJava(ComputationGraphConfiguration original)
      throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(original);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (ComputationGraphConfiguration) in.readObject();
    }
  }

  @Test
  void initialParametersDependOnTheSeedAndNotOnTheHeads() {
    BuiltNetwork one = stage(Head.SALIENCY);
    BuiltNetwork all =
        SPEC.network()
            .build(
                BuildRequest.train(
                    EnumSet.allOf(Head.class), SPEC.network().parts(), 7, new Adam(1e-2)));
    Tensors few = TensorStore.read(graph(one), one.names());
    Tensors many = TensorStore.read(graph(all), all.names());
    few.values()
        .forEach(
            (name, tensor) -> assertThat(many.get(name).data()).as(name).isEqualTo(tensor.data()));
    BuiltNetwork other =
        SPEC.network()
            .build(
                BuildRequest.train(
                    EnumSet.of(Head.SALIENCY), trained(Head.SALIENCY), 8, new Adam(1e-2)));
    assertThat(
            TensorStore.read(graph(other), other.names()).get("encoder.level1.conv1.weight").data())
        .isNotEqualTo(few.get("encoder.level1.conv1.weight").data());
  }

  @Test
  void aPartMovesWholeFromStageToStage() {
    BuiltNetwork contrast = stage(Head.EMBEDDING);
    ComputationGraph first = graph(contrast);
    first.fit(batch(Head.EMBEDDING));
    Tensors tensors = TensorStore.read(first, contrast.names());
    BuiltNetwork saliency = stage(Head.SALIENCY);
    ComputationGraph second = graph(saliency);
    TransferMap map = TransferMap.parts(saliency.names(), List.of("densenet"));
    assertThat(TensorStore.write(second, saliency.names(), tensors, map))
        .isEqualTo(contrast.names().tensors().size())
        .isEqualTo(map.size());
    Tensors moved = TensorStore.read(second, saliency.names(), t -> t.part().equals("densenet"));
    assertThat(ParametersHash.sha256(moved)).isEqualTo(ParametersHash.sha256(tensors));
  }

  @Test
  void aTransferThatDoesNotFitIsRefusedAndChangesNothing() {
    BuiltNetwork small = stage(Head.EMBEDDING);
    Tensors tensors = TensorStore.read(graph(small), small.names());
    CooperativeSpec wider =
        new CooperativeSpec(32, 32, 4, new DenseNetSpec(List.of(1, 1, 1, 1), 4, 8), 3, 4, 0.25);
    BuiltNetwork large = wider.network().build(BuildRequest.inference(Set.of(Head.EMBEDDING)));
    ComputationGraph target = graph(large);
    String before = ParametersHash.sha256(target, large.names());
    TransferMap map = TransferMap.parts(large.names(), List.of("densenet"));
    assertThatThrownBy(() -> TensorStore.write(target, large.names(), tensors, map))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Could not transfer 64 tensors, ")
        .hasMessageContaining(
            "densenet.conv0.weight has shape [6, 3, 7, 7], expected densenet.conv0.weight[8, 3, 7, 7]")
        .hasMessageContaining("compare base width, blocks, growth, stem and classes");
    assertThatThrownBy(
            () ->
                TensorStore.write(
                    target,
                    large.names(),
                    tensors,
                    TransferMap.parts(large.names(), List.of("densenet"), "model.module.")))
        .hasMessageContaining("model.module.densenet.conv0.weight is missing");
    assertThatThrownBy(() -> TransferMap.parts(large.names(), List.of("decoder")))
        .hasMessage("The network has no tensor of part 'decoder'; it has parts [densenet]");
    assertThat(ParametersHash.sha256(target, large.names())).isEqualTo(before);
  }

  @Test
  void dropoutFollowsTheExampleAndNotItsPlaceInTheBatch() {
    BuiltNetwork built = stage(Head.FUSED_CLASS);
    ComputationGraph graph = graph(built);
    INDArray image = batch(Head.FUSED_CLASS).getFeatures(0);
    INDArray turned = Nd4j.create(DataType.FLOAT, image.shape());
    for (int i = 0; i < BATCH; i++) {
      turned.slice(i).assign(image.slice(BATCH - 1 - i));
    }
    ExampleKeys.assign(graph, new long[] {11, 12, 13, 14});
    float[] first = dropped(graph, image);
    ExampleKeys.assign(graph, new long[] {14, 13, 12, 11});
    float[] second = dropped(graph, turned);
    int width = first.length / BATCH;
    int zeros = 0;
    for (int i = 0; i < first.length; i++) {
      int mirror = (BATCH - 1 - i / width) * width + i % width;
      assertThat(second[mirror]).isEqualTo(first[i]);
      zeros += first[i] == 0 ? 1 : 0;
    }
    assertThat(zeros).isBetween(1, first.length - 1);
    ExampleKeys.assign(graph, new long[] {1});
    assertThatThrownBy(() -> dropped(graph, image))
        .hasMessageContaining("was given 1 example keys for a minibatch of 4 examples");
  }

  private static float[] dropped(ComputationGraph graph, INDArray image) {
    return graph.feedForward(image, true).get("fused-classifier.dropout").dup('c').data().asFloat();
  }

  @Test
  void aMaskedExampleAddsNothingToLossAndGradient() {
    BuiltNetwork built = stage(Head.FUSED_CLASS);
    MultiDataSet whole = batch(Head.FUSED_CLASS);
    INDArray labels = whole.getLabels(0);
    INDArray other = labels.dup();
    other.putScalar(2, 0, 0).putScalar(2, 2, 1);
    INDArray mask = Nd4j.createFromArray(new float[][] {{1}, {1}, {0}, {1}});
    ComputationGraph first = graph(built);
    first.fit(masked(whole.getFeatures(0), labels, mask));
    ComputationGraph second = graph(built);
    second.fit(masked(whole.getFeatures(0), other, mask));
    assertThat(second.score()).isEqualTo(first.score());
    assertThat(ParametersHash.sha256(second, built.names()))
        .isEqualTo(ParametersHash.sha256(first, built.names()));
    ComputationGraph third = graph(built);
    third.fit(whole);
    assertThat(third.score()).isGreaterThan(first.score());
  }

  private static MultiDataSet masked(INDArray image, INDArray labels, INDArray mask) {
    return new MultiDataSet(
        new INDArray[] {image}, new INDArray[] {labels}, null, new INDArray[] {mask});
  }
}
