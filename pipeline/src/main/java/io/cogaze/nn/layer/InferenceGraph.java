package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.HostValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A graph for inference that gives a trained graph's outputs faster: batch normalisation that
 * follows a convolution is folded into it, with its ReLU; dropout drops nothing; nothing is frozen,
 * because nothing is trained. The graph has parameters of its own, copied once.
 */
public final class InferenceGraph {
  private final ComputationGraph trained;
  private final Map<String, GraphVertex> vertices;
  private final Map<String, List<String>> inputs;
  private final Map<String, Integer> consumers = new HashMap<>();

  /** Convolutions that are folded, by the vertex of the normalisation that takes their place. */
  private final Map<String, String> folded = new LinkedHashMap<>();

  private InferenceGraph(ComputationGraph trained) {
    this.trained = trained;
    this.vertices = trained.getConfiguration().getVertices();
    this.inputs = trained.getConfiguration().getVertexInputs();
  }

  /**
   * The graph for inference of a trained one, with the same inputs and outputs. Outputs agree to
   * rounding. Later changes of the trained graph's parameters do not reach it.
   *
   * <p>Errors: IllegalStateException for a graph without parameters, because it was not initialised
   * or was closed; NotFiniteException with the tensor's name when a parameter is NaN or infinite.
   */
  public static ComputationGraph of(ComputationGraph trained) {
    if (trained.getVertices() == null) {
      throw new IllegalStateException(
          "A graph that was not initialised has no parameters for inference: call init() first");
    }
    if (trained.params().wasClosed()) {
      throw new IllegalStateException(
          "A graph that was closed has no parameters for inference: make the inference graph"
              + " before");
    }
    return new InferenceGraph(trained).build();
  }

  private ComputationGraph build() {
    ComputationGraphConfiguration configuration = trained.getConfiguration();
    inputs.values().forEach(all -> all.forEach(name -> consumers.merge(name, 1, Integer::sum)));
    configuration.getNetworkOutputs().forEach(name -> consumers.merge(name, 1, Integer::sum));
    for (String name : vertices.keySet()) {
      if (layer(name) instanceof BatchNorm) {
        String below = inputs.get(name).get(0);
        if (layer(below) instanceof Convolution
            && consumers.get(below) == 1
            && preProcessor(name) == null) {
          folded.put(name, below);
        }
      }
    }
    ComputationGraphConfiguration.GraphBuilder builder =
        new NeuralNetConfiguration.Builder()
            .dataType(configuration.getDefaultConfiguration().getDataType())
            .trainingWorkspaceMode(configuration.getTrainingWorkspaceMode())
            .inferenceWorkspaceMode(configuration.getInferenceWorkspaceMode())
            .graphBuilder()
            .allowDisconnected(true)
            .addInputs(configuration.getNetworkInputs());
    for (String name : vertices.keySet()) {
      add(builder, name);
    }
    ComputationGraphConfiguration made =
        builder.setOutputs(configuration.getNetworkOutputs().toArray(new String[0])).build();
    made.setDataType(configuration.getDataType());
    ComputationGraph graph = new ComputationGraph(InnerConnections.mark(made));
    graph.init();
    fill(graph);
    return graph;
  }

  private void add(ComputationGraphConfiguration.GraphBuilder builder, String name) {
    if (folded.containsValue(name) || !isUsed(name)) {
      return;
    }
    String[] below = inputs.get(name).toArray(new String[0]);
    Layer layer = layer(name);
    if (layer == null) {
      builder.addVertex(name, unfrozen(vertices.get(name)).clone(), below);
    } else if (folded.containsKey(name)) {
      Convolution convolution = (Convolution) layer(folded.get(name));
      FoldedConvolution replacement =
          new FoldedConvolution(
              convolution.inputs() / convolution.repeat(),
              convolution.outputs(),
              convolution.shape(),
              ((BatchNorm) layer).hasRelu());
      replacement.setLayerName(name);
      builder.addLayer(
          name,
          replacement,
          preProcessor(folded.get(name)),
          inputs.get(folded.get(name)).toArray(new String[0]));
    } else {
      Layer copy = withoutDropout(layer);
      copy.setLayerName(name);
      builder.addLayer(name, copy, preProcessor(name), below);
    }
  }

  /** What changes a layer's input, null for nothing. */
  private InputPreProcessor preProcessor(String name) {
    InputPreProcessor found =
        vertices.get(name) instanceof LayerVertex vertex ? vertex.getPreProcessor() : null;
    return found == null ? null : found.clone();
  }

  private static Layer withoutDropout(Layer layer) {
    if (layer instanceof DropoutRelu) {
      return new DropoutRelu(0);
    }
    return layer instanceof Dropout ? new Dropout(0) : layer.clone();
  }

  /** Outputs and what something takes; the rest exists for its tensors only. */
  private boolean isUsed(String name) {
    return consumers.containsKey(name);
  }

  /** The layer of a vertex without what freezes it; null for another vertex or an input. */
  private Layer layer(String name) {
    if (vertices.get(name) instanceof LayerVertex vertex) {
      Layer layer = vertex.getLayerConf().getLayer();
      return layer instanceof FrozenLayer frozen ? frozen.getLayer() : layer;
    }
    return null;
  }

  private static GraphVertex unfrozen(GraphVertex vertex) {
    return vertex instanceof FrozenVertex frozen ? frozen.getUnderlying() : vertex;
  }

  private void fill(ComputationGraph graph) {
    Map<String, INDArray> from = trained.paramTable();
    vertices.keySet().stream()
        .filter(name -> isUsed(name) || folded.containsValue(name))
        .forEach(name -> requireFinite(from, name));
    Map<String, INDArray> to = graph.paramTable();
    List<String> filled = new ArrayList<>();
    folded.forEach(
        (norm, convolution) -> {
          INDArray weights = to.get(norm + "_" + FoldedConvolution.WEIGHTS);
          if (weights != null) {
            INDArray bias = to.get(norm + "_" + FoldedConvolution.BIAS);
            fold(from, convolution, norm, weights, bias);
            filled.add(norm + "_" + FoldedConvolution.WEIGHTS);
            filled.add(norm + "_" + FoldedConvolution.BIAS);
          }
        });
    to.forEach(
        (key, array) -> {
          if (!filled.contains(key)) {
            array.assign(from.get(key));
          }
        });
  }

  private void requireFinite(Map<String, INDArray> from, String name) {
    if (!(layer(name) instanceof OwnLayer own)) {
      return;
    }
    for (ParameterSpec spec : own.parameters()) {
      INDArray array = from.get(name + "_" + spec.key());
      OptionalInt first = Border.firstNotFinite(array);
      if (first.isPresent()) {
        throw new NotFiniteException(
            "Tensor "
                + name
                + "."
                + spec.canonical()
                + " cannot be used for inference: its value "
                + first.getAsInt()
                + " is "
                + HostValues.doubles(array)[first.getAsInt()]
                + ", expected finite numbers (training diverged, or the file holds it)");
      }
    }
  }

  /** w * s and (b - mean) * s + beta, where s = gamma / sqrt(variance + epsilon). */
  private void fold(
      Map<String, INDArray> from, String name, String norm, INDArray weights, INDArray bias) {
    Convolution convolution = (Convolution) layer(name);
    double epsilon = ((BatchNorm) layer(norm)).epsilon();
    double[] gamma = HostValues.doubles(from.get(norm + "_" + BatchNorm.GAMMA));
    double[] beta = HostValues.doubles(from.get(norm + "_" + BatchNorm.BETA));
    double[] mean = HostValues.doubles(from.get(norm + "_" + BatchNorm.MEAN));
    double[] variance = HostValues.doubles(from.get(norm + "_" + BatchNorm.VARIANCE));
    double[] b =
        convolution.hasBias()
            ? HostValues.doubles(from.get(name + "_b"))
            : new double[gamma.length];
    double[] scales = new double[gamma.length];
    for (int o = 0; o < gamma.length; o++) {
      if (!(variance[o] + epsilon > 0)) {
        throw new NotFiniteException(
            "Tensor "
                + norm
                + ".running_var cannot be folded into a convolution: it holds "
                + variance[o]
                + " for channel "
                + o
                + ", expected 0 or more");
      }
      scales[o] = gamma[o] / Math.sqrt(variance[o] + epsilon);
      b[o] = (b[o] - mean[o]) * scales[o] + beta[o];
    }
    scale(from.get(name + "_W"), scales, convolution.repeat(), weights);
    HostValues.write(b, bias);
  }

  /**
   * Each output channel's weights times its scale. Those of channels that hold the same values,
   * because the input is repeated, are added.
   */
  private static void scale(INDArray w, double[] scales, int repeat, INDArray scaled) {
    if (repeat == 1 && w.dataType() == DataType.FLOAT) {
      // Most of a network lies here: a copy of it would fill the heap.
      long size = w.length() / scales.length;
      HostValues.inPieces(
          w,
          (from, values) -> {
            for (int i = 0; i < values.limit(); i++) {
              values.put(i, (float) (values.get(i) * scales[(int) ((from + i) / size)]));
            }
            HostValues.write(values, scaled, from);
          });
      return;
    }
    double[] values = HostValues.doubles(w);
    int size = values.length / scales.length / repeat;
    double[] sums = new double[scales.length * size];
    for (int i = 0; i < values.length; i++) {
      int o = i / (size * repeat);
      sums[o * size + i % size] += values[i] * scales[o];
    }
    HostValues.write(sums, scaled);
  }
}
