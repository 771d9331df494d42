package io.cogaze.tests;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * A program that repeats in float32 the training step that {@code tests/golden/step.py} wrote, at
 * full width, and prints as one line of JSON how far it is from it.
 *
 * <p>Arguments: the network (cooperative, mt-unet, densenet121, densenet169, densenet201) and the
 * folder of the vectors.
 */
final class TrainingStep {
  private static final Map<Head, Double> LOSS_WEIGHTS =
      Map.of(Head.DENSENET_CLASS, 0.6, Head.SALIENCY, 0.5, Head.FUSED_CLASS, 1.0);
  private static final int CLASSES = 3;
  private static final int WIDTH = 64;

  /** A gradient below this share of the whole gradient's norm, in float64, is 0 in theory. */
  private static final double NOTHING = 1e-9;

  private TrainingStep() {}

  public static void main(String[] arguments) throws IOException {
    NativeLibrary.prepare();
    Path folder = Path.of(arguments[1]);
    String kind = arguments[0].startsWith("densenet") ? "densenet" : arguments[0];
    Tensors inputs = read(folder.resolve(kind + "-inputs.safetensors"));
    long[] canvas = inputs.get("image").shape();
    NetworkSpec spec = spec(arguments[0], (int) canvas[2], (int) canvas[3]);
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
    graph.fit(
        new MultiDataSet(
            new INDArray[] {array(inputs, "image")},
            built.outputs().stream()
                .map(head -> head == Head.SALIENCY ? "target.saliency" : "target.class")
                .map(target -> array(inputs, target))
                .toArray(INDArray[]::new)));
    System.out.println(compare(graph, built, read(folder.resolve(kind + "-train.safetensors"))));
  }

  private static NetworkSpec spec(String name, int height, int width) {
    return switch (name) {
      case "cooperative" ->
          new CooperativeSpec(height, width, WIDTH, DenseNetSpec.densenet201(), CLASSES, WIDTH, 0);
      case "mt-unet" -> new MtUnetSpec(height, width, WIDTH, CLASSES, WIDTH, 0);
      case "densenet121" -> densenet(height, width, DenseNetSpec.densenet121());
      case "densenet169" -> densenet(height, width, DenseNetSpec.densenet169());
      case "densenet201" -> densenet(height, width, DenseNetSpec.densenet201());
      default -> throw new IllegalArgumentException("Unknown network " + name);
    };
  }

  private static NetworkSpec densenet(int height, int width, DenseNetSpec size) {
    return new DenseNetClassifierSpec(height, width, size, CLASSES);
  }

  private static ObjectNode compare(ComputationGraph graph, BuiltNetwork built, Tensors expected) {
    List<TensorNames.Tensor> tensors = built.names().tensors();
    double loss = 0;
    for (Head head : built.outputs()) {
      String name = head.name().toLowerCase(Locale.ROOT).replace('_', '-');
      loss += expected.get("loss." + name).data()[0];
    }
    double whole = 0;
    for (TensorNames.Tensor tensor : tensors) {
      if (tensor.role() == TensorNames.Role.PARAMETER) {
        whole = Math.hypot(whole, norm(expected.get("grad." + tensor.name()).data()));
      }
    }
    Tensors after = TensorStore.read(graph, built.names());
    Worst gradient = new Worst();
    Worst nothing = new Worst();
    Worst statistic = new Worst();
    for (TensorNames.Tensor tensor : tensors) {
      if (tensor.role() == TensorNames.Role.STATISTIC) {
        float[] wanted = expected.get("after." + tensor.name()).data();
        double distance = distance(after.get(tensor.name()).data(), wanted);
        statistic.see(tensor.name(), distance / norm(wanted));
      } else {
        // Plain gradient descent of rate 1 leaves the gradient as it is.
        float[] found = HostValues.floats(graph.gradient().getGradientFor(tensor.tableKey()));
        float[] wanted = expected.get("grad." + tensor.name()).data();
        double norm = norm(wanted);
        if (norm > NOTHING * whole) {
          gradient.see(tensor.name(), distance(found, wanted) / norm);
        } else {
          nothing.see(tensor.name(), norm(found) / whole);
        }
      }
    }
    ObjectNode report = new ObjectMapper().createObjectNode();
    report.put("kernel", Kernels.get().name());
    report.put("parameters", built.names().parameterCount());
    report.put("loss", graph.score());
    report.put("expected_loss", loss);
    gradient.write("gradient", report);
    nothing.write("zero_gradient", report);
    statistic.write("statistic", report);
    return report;
  }

  /** The largest of some errors. */
  private static final class Worst {
    private String name = "";
    private double error;
    private double sum;
    private int count;

    void see(String tensor, double found) {
      count++;
      sum += found;
      // Not "found > error": a NaN must not get lost.
      if (!(found <= error)) {
        name = tensor;
        error = found;
      }
    }

    void write(String key, ObjectNode report) {
      report.put(key + "_count", count);
      report.put(key + "_mean", count == 0 ? 0 : sum / count);
      report.put(key + "_worst", error);
      report.put(key + "_worst_name", name);
    }
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

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  private static double distance(float[] found, float[] expected) {
    double sum = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = (double) found[i] - expected[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }
}
