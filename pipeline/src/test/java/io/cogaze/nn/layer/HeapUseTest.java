package io.cogaze.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.ClassOutput;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Parameters lie outside the heap. Copies of them on it are short-lived, but the heap grows by them
 * before it is ever collected, and does not shrink again: inference once peaked at half as much
 * again for that.
 */
class HeapUseTest {
  private static final int CHANNELS = 1024;
  private static final long WEIGHT_BYTES = 4L * CHANNELS * CHANNELS * 9;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  private static ComputationGraph network() {
    GraphAssembler g = new GraphAssembler(3, new Sgd(1e-3), Set.of("p"));
    Activation x = g.input(1, 8, 8);
    x = g.convolution("p.first", Convolution.same(1, CHANNELS, 1, false), x);
    x = g.convolution("p.large", Convolution.same(CHANNELS, CHANNELS, 3, false), x);
    x = g.normRelu("p.norm", x);
    g.output(
        "class", new ClassOutput(1), g.linear("p.fc", 3, g.pool("p.top", Pool.globalMaximum(), x)));
    ComputationGraph graph = new ComputationGraph(g.configuration());
    graph.init();
    return graph;
  }

  @Test
  void firstValuesAndFoldingTakeASmallPartOfTheParametersOnTheHeap() {
    try (Networks made = new Networks()) {
      made.take(HeapUseTest::network);
      ComputationGraph trained = made.take(HeapUseTest::network);
      assertThat(made.allocated()).as("first values").isLessThan(WEIGHT_BYTES / 4);

      ComputationGraph folded = made.take(() -> InferenceGraph.of(trained));
      assertThat(made.allocated()).as("folding").isLessThan(WEIGHT_BYTES / 4);

      assertThat(folded.getLayer("p.norm").conf().getLayer()).isInstanceOf(FoldedConvolution.class);
    }
  }

  /** Networks, and what making the last one allocated. */
  private static final class Networks implements AutoCloseable {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final List<ComputationGraph> all = new ArrayList<>();
    private long allocated;

    ComputationGraph take(Supplier<ComputationGraph> maker) {
      long before = threads.getCurrentThreadAllocatedBytes();
      all.add(maker.get());
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
      return all.get(all.size() - 1);
    }

    long allocated() {
      return allocated;
    }

    @Override
    public void close() {
      all.forEach(ComputationGraph::close);
    }
  }
}
