package io.cogaze.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.ClassOutput;
import java.util.Random;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Values of eleven bits: their sums of products are exact in float64 in whatever order, and not in
 * float32, where each family of CPUs would have bits of its own.
 */
final class LinearTest {
  private static final int EXAMPLES = 5;
  private static final int INPUTS = 1983;
  private static final int OUTPUTS = 7;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  @Test
  void productsAreRoundedOnceSoThatNoOrderOfSumsShows() {
    ComputationGraph graph = graph();
    float[] x = values(1, EXAMPLES * INPUTS);
    float[] weights = values(2, OUTPUTS * INPUTS);
    float[] bias = values(3, OUTPUTS);
    float[] dy = values(4, EXAMPLES * OUTPUTS);
    HostValues.write(weights, graph.getParam("p.fc_W"));
    HostValues.write(bias, graph.getParam("p.fc_b"));
    graph.setInputs(array(x, EXAMPLES, INPUTS));
    graph.setLabels(array(new float[] {1, 0, 0, 0, 0, 0, 0}, 1, OUTPUTS).repeat(0, EXAMPLES));
    graph.computeGradientAndScore();
    Layer layer = graph.getLayer("p.fc");
    LayerWorkspaceMgr workspaces = LayerWorkspaceMgr.noWorkspaces();
    layer.setInput(array(x, EXAMPLES, INPUTS), workspaces);

    float[] y = HostValues.floats(layer.activate(false, workspaces));
    Pair<Gradient, INDArray> gradient =
        layer.backpropGradient(array(dy, EXAMPLES, OUTPUTS), workspaces);

    float[] exactY = new float[EXAMPLES * OUTPUTS];
    float[] exactDw = new float[OUTPUTS * INPUTS];
    float[] exactDx = new float[EXAMPLES * INPUTS];
    int inexactInFloat = 0;
    for (int n = 0; n < EXAMPLES; n++) {
      for (int o = 0; o < OUTPUTS; o++) {
        double sum = bias[o];
        float narrow = bias[o];
        for (int i = 0; i < INPUTS; i++) {
          sum += (double) x[n * INPUTS + i] * weights[o * INPUTS + i];
          narrow += x[n * INPUTS + i] * weights[o * INPUTS + i];
        }
        exactY[n * OUTPUTS + o] = (float) sum;
        inexactInFloat += narrow == (float) sum ? 0 : 1;
      }
    }
    for (int i = 0; i < INPUTS; i++) {
      for (int o = 0; o < OUTPUTS; o++) {
        double sum = 0;
        for (int n = 0; n < EXAMPLES; n++) {
          sum += (double) dy[n * OUTPUTS + o] * x[n * INPUTS + i];
        }
        exactDw[o * INPUTS + i] = (float) sum;
      }
      for (int n = 0; n < EXAMPLES; n++) {
        double sum = 0;
        for (int o = 0; o < OUTPUTS; o++) {
          sum += (double) dy[n * OUTPUTS + o] * weights[o * INPUTS + i];
        }
        exactDx[n * INPUTS + i] = (float) sum;
      }
    }
    assertThat(inexactInFloat).as("sums that float32 rounds on the way").isPositive();
    assertThat(y).isEqualTo(exactY);
    assertThat(HostValues.floats(gradient.getFirst().getGradientFor("W"))).isEqualTo(exactDw);
    assertThat(HostValues.floats(gradient.getSecond())).isEqualTo(exactDx);
  }

  private static ComputationGraph graph() {
    GraphAssembler g = new GraphAssembler(1, new Sgd(1), Set.of("p"));
    Activation in = g.input(INPUTS, 1, 1);
    g.output("out", new ClassOutput(1), g.linear("p.fc", OUTPUTS, in));
    ComputationGraph graph = new ComputationGraph(g.configuration());
    graph.init();
    return graph;
  }

  private static float[] values(int seed, int count) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (random.nextInt(2047) - 1023) / 1024f;
    }
    return values;
  }

  private static INDArray array(float[] values, long... shape) {
    INDArray array = org.nd4j.linalg.factory.Nd4j.create(DataType.FLOAT, shape);
    HostValues.write(values, array);
    return array;
  }
}
