package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.HostValues;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Cuts a layer's slice of the flat parameter vector into the parameters that the layer declares, in
 * C order, and fills them. First values depend on the network's seed, the layer's name and the
 * parameter's key, and on nothing else.
 */
final class ParameterLayout implements ParamInitializer {
  static final ParameterLayout INSTANCE = new ParameterLayout();

  private static final int PIECE = 1 << 16;

  private ParameterLayout() {}

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    return Sizes.parameters(layer.getLayerName(), specs(layer));
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    return specs(layer).stream().map(ParameterSpec::key).toList();
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return specs(layer).stream().filter(ParameterLayout::isWeight).map(ParameterSpec::key).toList();
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return specs(layer).stream()
        .filter(spec -> !isWeight(spec) && !spec.statistic())
        .map(ParameterSpec::key)
        .toList();
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return weightKeys(layer).contains(key);
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return biasKeys(layer).contains(key);
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray view, boolean initializeParams) {
    Layer layer = conf.getLayer();
    Map<String, INDArray> views = cut(layer, view);
    if (initializeParams) {
      CounterRandom random = CounterRandom.of(conf.getSeed()).with(layer.getLayerName());
      for (ParameterSpec spec : specs(layer)) {
        fill(views.get(spec.key()).reshape(spec.size()), spec, random.with(spec.key()));
      }
    }
    for (String key : views.keySet()) {
      conf.addVariable(key);
    }
    return views;
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray gradient) {
    return cut(conf.getLayer(), gradient);
  }

  private static Map<String, INDArray> cut(Layer layer, INDArray view) {
    Map<String, INDArray> parts = new LinkedHashMap<>();
    if (view != null) {
      INDArray flat = view.reshape(view.length());
      long from = 0;
      for (ParameterSpec spec : specs(layer)) {
        INDArray slice = flat.get(NDArrayIndex.interval(from, from + spec.size()));
        parts.put(spec.key(), slice.reshape('c', spec.dimensions()));
        from += spec.size();
      }
    }
    return Collections.synchronizedMap(parts);
  }

  /** In pieces: a large network's first values would take its size several times on the heap. */
  private static void fill(INDArray flat, ParameterSpec spec, CounterRandom random) {
    if (flat.dataType() != DataType.FLOAT) {
      double[] values = new double[Math.toIntExact(spec.size())];
      for (int i = 0; i < values.length; i++) {
        values[i] = value(spec.initial(), random, i);
      }
      HostValues.write(values, flat);
      return;
    }
    FloatBuffer piece = FloatBuffer.allocate((int) Math.min(spec.size(), PIECE));
    for (long from = 0; from < spec.size(); from += PIECE) {
      piece.clear().limit((int) Math.min(spec.size() - from, PIECE));
      while (piece.hasRemaining()) {
        piece.put((float) value(spec.initial(), random, from + piece.position()));
      }
      HostValues.write(piece.flip(), flat, from);
    }
  }

  private static double value(ParameterSpec.Initial initial, CounterRandom random, long index) {
    if (initial instanceof ParameterSpec.Uniform uniform) {
      return uniform.bound() * (2 * random.uniform(index) - 1);
    }
    if (initial instanceof ParameterSpec.Normal normal) {
      return normal.deviation() * random.normal(index);
    }
    return ((ParameterSpec.Constant) initial).value();
  }

  private static boolean isWeight(ParameterSpec spec) {
    return spec.shape().size() > 1;
  }

  private static List<ParameterSpec> specs(Layer layer) {
    return ((OwnLayer) layer).parameters();
  }
}
