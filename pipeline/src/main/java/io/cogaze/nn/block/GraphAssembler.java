package io.cogaze.nn.block;

import io.cogaze.nn.layer.AddRelu;
import io.cogaze.nn.layer.BatchNorm;
import io.cogaze.nn.layer.Concat;
import io.cogaze.nn.layer.Convolution;
import io.cogaze.nn.layer.Dropout;
import io.cogaze.nn.layer.DropoutRelu;
import io.cogaze.nn.layer.InnerConnections;
import io.cogaze.nn.layer.Linear;
import io.cogaze.nn.layer.OwnLayer;
import io.cogaze.nn.layer.ParameterSpec;
import io.cogaze.nn.layer.Pool;
import io.cogaze.nn.layer.Resize;
import io.cogaze.nn.layer.ScaleChannels;
import io.cogaze.nn.layer.SpatialLogSoftmax;
import io.cogaze.nn.layer.SqueezeExcite;
import io.cogaze.nn.layer.TransposedConvolution;
import io.cogaze.nn.layer.Upsample;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Builds a graph layer by layer: keeps track of shapes and of what needs gradient, freezes what
 * does not, and registers every tensor. Vertices are named PART.PATH, tensors PART.PATH.PARAMETER.
 */
public final class GraphAssembler {
  /** The name of the network's input. */
  public static final String INPUT = "image";

  /** The part that learned weights of losses belong to; it is no part of what the network gives. */
  private static final String LOSS_WEIGHTS = "loss-weights";

  private final ComputationGraphConfiguration.GraphBuilder graph;
  private final Set<String> trainableParts;
  private final List<TensorNames.Tensor> tensors = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();

  /**
   * @param seed of first values and dropout
   * @param updater of trainable parameters
   */
  public GraphAssembler(long seed, IUpdater updater, Set<String> trainableParts) {
    this.graph =
        new NeuralNetConfiguration.Builder()
            .seed(seed)
            .updater(updater)
            .trainingWorkspaceMode(WorkspaceMode.ENABLED)
            .inferenceWorkspaceMode(WorkspaceMode.ENABLED)
            .graphBuilder()
            .allowDisconnected(true)
            .addInputs(INPUT);
    this.trainableParts = trainableParts;
  }

  /** The network's input. */
  public Activation input(int channels, int height, int width) {
    return new Activation(INPUT, channels, height, width, false);
  }

  /** A convolution; the input is repeated when the layer says so. */
  public Activation convolution(String name, Convolution layer, Activation in) {
    return layer(name, layer.inputGradient(in.needsGradient()), in);
  }

  /** Batch normalisation, with ReLU. */
  public Activation normRelu(String name, Activation in) {
    return layer(name, BatchNorm.relu(in.channels()), in);
  }

  /** Batch normalisation alone. */
  public Activation norm(String name, Activation in) {
    return layer(name, BatchNorm.plain(in.channels()), in);
  }

  /** Batch normalisation with ReLU that nothing uses: it exists for its tensors, and is frozen. */
  public void unusedNormRelu(String name, Activation in) {
    layer(name, BatchNorm.relu(in.channels()), in, false);
  }

  /** A transposed convolution. */
  public Activation convolution(String name, TransposedConvolution layer, Activation in) {
    return layer(name, layer, in);
  }

  /** Pooling. */
  public Activation pool(String name, Pool pool, Activation in) {
    return layer(name, pool, in);
  }

  /** Bilinear interpolation to another size. */
  public Activation resize(
      String name, int height, int width, boolean alignCorners, Activation in) {
    return layer(name, new Resize(height, width, alignCorners), in);
  }

  /** Dropout. */
  public Activation dropout(String name, double probability, Activation in) {
    return layer(name, new Dropout(probability), in);
  }

  /** Logarithm of the softmax over the pixels of each channel. */
  public Activation spatialLogSoftmax(String name, Activation in) {
    return layer(name, new SpatialLogSoftmax(), in);
  }

  /** A map times a gate, one value a channel. */
  public Activation scaleChannels(String name, Activation map, Activation gate) {
    if (gate.channels() != map.channels() || gate.height() != 1 || gate.width() != 1) {
      throw new IllegalArgumentException("Vertex " + name + " cannot scale " + map + " by " + gate);
    }
    return vertex(name, new ScaleChannels(), map.channels(), map, gate);
  }

  /** Nearest-neighbour enlargement by 2. */
  public Activation upsample(String name, Activation in) {
    return layer(name, new Upsample(), in);
  }

  /** Squeeze and excitation. */
  public Activation squeezeExcite(String name, int reduction, Activation in) {
    return layer(name, new SqueezeExcite(in.channels(), reduction), in);
  }

  /** A fully connected layer. */
  public Activation linear(String name, int width, Activation in) {
    return layer(name, new Linear(in.channels(), width), in);
  }

  /** Dropout, then ReLU. */
  public Activation dropoutRelu(String name, double probability, Activation in) {
    return layer(name, new DropoutRelu(probability), in);
  }

  /** relu(a + b). */
  public Activation addRelu(String name, Activation a, Activation b) {
    requireOneSize(name, a, b);
    return vertex(name, new AddRelu(), a.channels(), a, b);
  }

  /** Concatenation along the channels. */
  public Activation concat(String name, Activation... ins) {
    requireOneSize(name, ins);
    int channels = 0;
    for (Activation in : ins) {
      channels += in.channels();
    }
    return vertex(name, new Concat(), channels, ins);
  }

  /**
   * Appends channels to what an earlier call of the same row gave, without copying it.
   *
   * @param capacity channels of the row's last result
   */
  public Activation append(String name, Activation in, Activation more, int capacity) {
    return vertex(name, new Concat(capacity), in.channels() + more.channels(), in, more);
  }

  /** A network output. What it learns itself is of the part {@link #LOSS_WEIGHTS}. */
  public void output(String name, OwnLayer loss, Activation in) {
    graph.addLayer(name, loss, in.vertex());
    for (ParameterSpec spec : loss.parameters()) {
      register(LOSS_WEIGHTS + "." + name, LOSS_WEIGHTS, name, spec, true);
    }
    outputs.add(name);
  }

  /**
   * The configuration of everything added; its layers hand on the kernel's layouts to each other.
   */
  public ComputationGraphConfiguration configuration() {
    return InnerConnections.mark(graph.setOutputs(outputs.toArray(new String[0])).build());
  }

  /** The tensors of everything added. */
  public TensorNames names() {
    return new TensorNames(tensors);
  }

  private Activation layer(String name, OwnLayer layer, Activation in) {
    return layer(name, layer, in, trainableParts.contains(part(name)));
  }

  private Activation layer(String name, OwnLayer layer, Activation in, boolean trainable) {
    List<ParameterSpec> specs = layer.parameters();
    boolean learns = trainable && !specs.isEmpty();
    if (in.needsGradient() && !learns && !specs.isEmpty()) {
      if (trainableParts.contains(part(name))) {
        // A dead end inside a trainable part: frozen, and no gradient flows through it.
        in = new Activation(in.vertex(), in.channels(), in.height(), in.width(), false);
      } else {
        throw new IllegalArgumentException(
            "Part "
                + part(name)
                + " is frozen but lies above a trainable one; gradients do not pass a frozen part."
                + " Trainable parts: "
                + trainableParts);
      }
    }
    boolean needsGradient = learns || in.needsGradient();
    layer.setLayerName(name);
    graph.addLayer(name, needsGradient ? layer : new FrozenLayer(layer), in.vertex());
    for (ParameterSpec spec : specs) {
      register(name, part(name), name, spec, learns);
    }
    InputType type =
        layer.getOutputType(-1, InputType.convolutional(in.height(), in.width(), in.channels()));
    if (type instanceof InputType.InputTypeConvolutional image) {
      return new Activation(
          name,
          (int) image.getChannels(),
          (int) image.getHeight(),
          (int) image.getWidth(),
          needsGradient);
    }
    int width = (int) ((InputType.InputTypeFeedForward) type).getSize();
    return new Activation(name, width, 1, 1, needsGradient);
  }

  private void register(
      String name, String part, String vertex, ParameterSpec spec, boolean trainable) {
    tensors.add(
        new TensorNames.Tensor(
            name + "." + spec.canonical(),
            part,
            vertex,
            spec.key(),
            spec.statistic() ? TensorNames.Role.STATISTIC : TensorNames.Role.PARAMETER,
            trainable,
            spec.shape()));
  }

  private Activation vertex(String name, GraphVertex vertex, int channels, Activation... ins) {
    boolean needsGradient = false;
    String[] inputs = new String[ins.length];
    for (int i = 0; i < ins.length; i++) {
      needsGradient |= ins[i].needsGradient();
      inputs[i] = ins[i].vertex();
    }
    graph.addVertex(name, needsGradient ? vertex : new FrozenVertex(vertex), inputs);
    return new Activation(name, channels, ins[0].height(), ins[0].width(), needsGradient);
  }

  private static void requireOneSize(String name, Activation... ins) {
    for (Activation in : ins) {
      if (in.height() != ins[0].height() || in.width() != ins[0].width()) {
        throw new IllegalArgumentException(
            "Vertex " + name + " cannot join " + ins[0] + " and " + in);
      }
    }
  }

  private static String part(String name) {
    int dot = name.indexOf('.');
    return dot < 0 ? name : name.substring(0, dot);
  }
}
