package io.cogaze.jobs.bench;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.memory.MemoryDemand;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The networks made of the layers that Deeplearning4j brings, with its default settings, for
 * reference: the same convolutions at the same sizes. Squeeze and excitation is left out (there is
 * no such layer), and the two losses weigh the same.
 */
final class StockEngine implements StepEngine {
  private static final double LEARNING_RATE = 1e-4;

  private final ComputationGraph graph;
  private final MultiDataSet batch;
  private final Phase phase;

  private StockEngine(ComputationGraph graph, MultiDataSet batch, Phase phase) {
    this.graph = graph;
    this.batch = batch;
    this.phase = phase;
  }

  static StockEngine prepare(Order order) {
    NativeLibrary.threads(order.threads());
    BenchCase subject = order.subject();
    ComputationGraph graph = new ComputationGraph(new Builder(subject).build());
    graph.init();
    List<INDArray> labels = new ArrayList<>();
    labels.add(Batches.classes(subject));
    if (graph.getNumOutputArrays() > 1) {
      labels.add(
          Batches.saliency(subject)
              .reshape(subject.batch(), (long) subject.height() * subject.width()));
    }
    MultiDataSet batch =
        new MultiDataSet(new INDArray[] {Batches.image(subject)}, labels.toArray(new INDArray[0]));
    return new StockEngine(graph, batch, order.phase());
  }

  @Override
  public long parameters() {
    return graph.numParams();
  }

  @Override
  public String description() {
    return "stock Deeplearning4j layers, without squeeze and excitation"
        + NativeLibrary.mappedClassifier().map(name -> ", " + name).orElse("");
  }

  @Override
  public MemoryDemand demand() {
    return new MemoryDemand(4 * graph.numParams(), 0, 0, 0, 0, 0, 0, 1);
  }

  @Override
  public double step() {
    if (phase == Phase.TRAIN) {
      graph.fit(batch);
      return graph.score();
    }
    return graph.output(false, batch.getFeatures())[0].sumNumber().doubleValue();
  }

  /** Adds layers one after the other; each method gives the name of its output. */
  private static final class Builder {
    private final BenchCase subject;
    private final NetworkSize size;
    private final GraphBuilder graph;
    private int count;

    Builder(BenchCase subject) {
      this.subject = subject;
      this.size = subject.network();
      this.graph =
          new NeuralNetConfiguration.Builder()
              .seed(1)
              .updater(new Adam(LEARNING_RATE))
              .weightInit(WeightInit.RELU)
              .activation(Activation.IDENTITY)
              .graphBuilder()
              .addInputs("image")
              .setInputTypes(InputType.convolutional(subject.height(), subject.width(), 1));
    }

    org.deeplearning4j.nn.conf.ComputationGraphConfiguration build() {
      switch (size.family()) {
        case "densenet" -> {
          String pooled = average(normRelu(dense()));
          classes(pooled);
          graph.setOutputs("class");
        }
        case "cooperative" -> cooperative();
        default -> mtUnet();
      }
      return graph.build();
    }

    private void cooperative() {
      String raw = dense();
      String pooled = average(normRelu(raw));
      String[] skips = new String[5];
      String x = "image";
      for (int level = 0; level < skips.length; level++) {
        int width = size.baseWidth() << level;
        x = level == 0 ? x : pool(PoolingType.MAX, 2, 0, x);
        String body = norm(convolution(width, 3, convNormRelu(width, x)));
        x = relu(add(body, convolution(width, 3, x)));
        skips[level] = x;
      }
      x = raw;
      for (int level = skips.length - 1; level >= 0; level--) {
        x = decode(skips[level], x, size.baseWidth() << Math.max(0, level - 1));
      }
      heads(pooled, x);
    }

    private void mtUnet() {
      String[] skips = new String[5];
      String x = "image";
      for (int level = 0; level < skips.length; level++) {
        int width = size.baseWidth() << level;
        x = level == 0 ? x : pool(PoolingType.MAX, 2, 0, x);
        x = convNormRelu(width, convNormRelu(width, x));
        skips[level] = x;
      }
      for (int level = skips.length - 2; level >= 0; level--) {
        x = decode(skips[level], x, size.baseWidth() << level);
      }
      heads(average(skips[skips.length - 1]), x);
    }

    private String decode(String skip, String below, int width) {
      String up = layer(new Upsampling2D.Builder(2).build(), below);
      String joined = merge(skip, convNormRelu(width, up));
      return convNormRelu(width, convNormRelu(width, joined));
    }

    private void heads(String pooled, String map) {
      String hidden =
          layer(new DenseLayer.Builder().nOut(size.hidden()).build(), merge(pooled, average(map)));
      classes(relu(layer(new DropoutLayer(1 - size.dropout()), hidden)));
      String last = convolution(1, 1, convNormRelu(size.baseWidth(), map));
      graph.addLayer(
          "saliency",
          new LossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build(),
          new CnnToFeedForwardPreProcessor(subject.height(), subject.width(), 1),
          last);
      graph.setOutputs("class", "saliency");
    }

    private void classes(String features) {
      graph.addLayer(
          "class",
          new OutputLayer.Builder(LossFunction.MCXENT)
              .activation(Activation.SOFTMAX)
              .nOut(size.classes())
              .build(),
          features);
    }

    private String dense() {
      String x = merge("image", "image", "image");
      x =
          layer(
              new ConvolutionLayer.Builder(7, 7)
                  .stride(2, 2)
                  .padding(3, 3)
                  .nOut(size.stem())
                  .hasBias(false)
                  .build(),
              x);
      x = pool(PoolingType.MAX, 3, 1, normRelu(x));
      int channels = size.stem();
      for (int block = 0; block < size.blocks().size(); block++) {
        for (int i = 0; i < size.blocks().get(block); i++) {
          String narrow = unbiased(4 * size.growth(), 1, normRelu(x));
          x = merge(x, unbiased(size.growth(), 3, normRelu(narrow)));
          channels += size.growth();
        }
        if (block < size.blocks().size() - 1) {
          channels /= 2;
          x = pool(PoolingType.AVG, 2, 0, unbiased(channels, 1, normRelu(x)));
        }
      }
      return x;
    }

    private String convNormRelu(int width, String in) {
      return normRelu(convolution(width, 3, in));
    }

    private String convolution(int width, int kernel, String in) {
      return layer(plain(width, kernel).build(), in);
    }

    private String unbiased(int width, int kernel, String in) {
      return layer(plain(width, kernel).hasBias(false).build(), in);
    }

    private static ConvolutionLayer.Builder plain(int width, int kernel) {
      return new ConvolutionLayer.Builder(kernel, kernel)
          .padding(kernel / 2, kernel / 2)
          .nOut(width);
    }

    private String normRelu(String in) {
      return relu(norm(in));
    }

    private String norm(String in) {
      return layer(new BatchNormalization.Builder().build(), in);
    }

    private String relu(String in) {
      return layer(new ActivationLayer(Activation.RELU), in);
    }

    private String pool(PoolingType type, int kernel, int padding, String in) {
      return layer(
          new SubsamplingLayer.Builder(type)
              .kernelSize(kernel, kernel)
              .stride(2, 2)
              .padding(padding, padding)
              .build(),
          in);
    }

    private String average(String in) {
      return layer(new GlobalPoolingLayer(PoolingType.AVG), in);
    }

    private String add(String a, String b) {
      String name = next();
      graph.addVertex(name, new ElementWiseVertex(ElementWiseVertex.Op.Add), a, b);
      return name;
    }

    private String merge(String... ins) {
      String name = next();
      graph.addVertex(name, new MergeVertex(), ins);
      return name;
    }

    private String layer(org.deeplearning4j.nn.conf.layers.Layer layer, String in) {
      String name = next();
      graph.addLayer(name, layer, in);
      return name;
    }

    private String next() {
      count++;
      return "v" + count;
    }
  }
}
