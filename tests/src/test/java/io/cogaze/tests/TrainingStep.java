package io.cogaze.tests;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Kernels;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.BuiltNetwork;
import io.cogaze.nn.network.CooperativeSpec;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.MtUnetSpec;
import io.cogaze.nn.network.Network;
import io.cogaze.nn.network.NetworkSpec;
import io.cogaze.weights.Safetensors;
import io.cogaze.weights.TensorStore;
import io.cogaze.weights.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * A program that repeats in float32, at full width, the training step whose inputs {@code
 * tests/golden/full_step.py} made, and writes what that script compares: loss, gradients, running
 * statistics and which values ReLUs and maximum pooling let pass. Prints one line of JSON.
 *
 * <p>Arguments: the network (cooperative, mt-unet, densenet121, densenet169, densenet201) and the
 * folder of the inputs.
 */
final class TrainingStep {
  private static final Map<Head, Double> LOSS_WEIGHTS =
      Map.of(Head.DENSENET_CLASS, 0.6, Head.SALIENCY, 0.5, Head.FUSED_CLASS, 1.0);
  private static final int CLASSES = 3;
  private static final int HIDDEN = 64;

  private TrainingStep() {}

  public static void main(String[] arguments) throws IOException {
    NativeLibrary.prepare();
    Path folder = Path.of(arguments[1]);
    String kind = arguments[0].startsWith("densenet") ? "densenet" : arguments[0];
    Tensors inputs = read(folder.resolve(kind + "-inputs.safetensors"));
    long[] canvas = inputs.get("image").shape();
    NetworkSpec spec = spec(arguments[0], (int) canvas[2], (int) canvas[3], width(inputs));
    Network network = spec.network();
    Set<Head> heads = EnumSet.copyOf(network.heads());
    heads.remove(Head.EMBEDDING);
    BuiltNetwork built =
        network.build(
            new BuildRequest(
                heads, network.parts(), 1, new Sgd(1), LOSS_WEIGHTS, TripletOptions.defaults()));
    ComputationGraph graph = new ComputationGraph(built.configuration());
    graph.init();
    TensorStore.restore(graph, built.names(), inputs);
    KinkRecorder kinks = new KinkRecorder(Files.readAllLines(folder.resolve("kinks.txt")));
    graph.setListeners(kinks);
    graph.fit(
        new MultiDataSet(
            new INDArray[] {array(inputs, "image")},
            built.outputs().stream()
                .map(head -> head == Head.SALIENCY ? "target.saliency" : "target.class")
                .map(target -> array(inputs, target))
                .toArray(INDArray[]::new)));
    kinks.write(folder);
    try (OutputStream out = Files.newOutputStream(folder.resolve("found.safetensors"))) {
      Safetensors.write(found(graph, built), out);
    }
    System.out.println(
        new ObjectMapper()
            .createObjectNode()
            .put("kernel", Kernels.description())
            .put("parameters", built.names().parameterCount()));
  }

  private static NetworkSpec spec(String name, int height, int width, int channels) {
    return switch (name) {
      case "cooperative" ->
          new CooperativeSpec(
              height, width, channels, DenseNetSpec.densenet201(), CLASSES, HIDDEN, 0);
      case "mt-unet" -> new MtUnetSpec(height, width, channels, CLASSES, HIDDEN, 0);
      case "densenet121" -> densenet(height, width, DenseNetSpec.densenet121());
      case "densenet169" -> densenet(height, width, DenseNetSpec.densenet169());
      case "densenet201" -> densenet(height, width, DenseNetSpec.densenet201());
      default -> throw new IllegalArgumentException("Unknown network " + name);
    };
  }

  /** Channels of the first level of a U-shaped network; 0 for others. */
  private static int width(Tensors inputs) {
    Tensors.Tensor first = inputs.values().get("encoder.level1.conv1.weight");
    return first == null ? 0 : (int) first.shape()[0];
  }

  private static NetworkSpec densenet(int height, int width, DenseNetSpec size) {
    return new DenseNetClassifierSpec(height, width, size, CLASSES);
  }

  private static Tensors found(ComputationGraph graph, BuiltNetwork built) {
    SortedMap<String, Tensors.Tensor> found = new TreeMap<>();
    found.put("loss", new Tensors.Tensor(new long[] {1}, new float[] {(float) graph.score()}));
    Tensors after = TensorStore.read(graph, built.names());
    for (TensorNames.Tensor tensor : built.names().tensors()) {
      if (tensor.role() == TensorNames.Role.STATISTIC) {
        found.put("after." + tensor.name(), after.get(tensor.name()));
      } else {
        // Plain gradient descent of rate 1 leaves the gradient as it is.
        float[] gradient = HostValues.floats(graph.gradient().getGradientFor(tensor.tableKey()));
        found.put("grad." + tensor.name(), new Tensors.Tensor(tensor.dimensions(), gradient));
      }
    }
    return Tensors.of(found);
  }

  private static Tensors read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return Safetensors.read(in, file.toString());
    }
  }

  private static INDArray array(Tensors tensors, String name) {
    INDArray array = Nd4j.create(DataType.FLOAT, tensors.get(name).shape());
    HostValues.write(tensors.get(name).data(), array);
    return array;
  }
}
