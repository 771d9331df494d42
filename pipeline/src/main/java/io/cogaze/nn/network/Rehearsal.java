package io.cogaze.nn.network;

import io.cogaze.nn.kernel.Arena;
import io.cogaze.nn.kernel.Backend;
import io.cogaze.nn.kernel.Kernel;
import io.cogaze.nn.kernel.Kernels;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.InferenceGraph;
import io.cogaze.nn.release.FlatVectors;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small network that computes while a real one is being built, on a thread of its own, so that
 * the real one's first step finds Java's classes loaded and partly compiled, which is half a
 * second's work. Nothing that is computed elsewhere depends on it: random numbers, memory for
 * activations and the number of threads are its thread's own.
 */
public final class Rehearsal {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final AtomicBoolean STARTED = new AtomicBoolean();

  /** The smallest that has every kind of layer of a DenseNet, in whole blocks of channels. */
  private static final NetworkSpec SPEC =
      new DenseNetClassifierSpec(
          DenseNetClassifierSpec.MULTIPLE,
          DenseNetClassifierSpec.MULTIPLE,
          new DenseNetSpec(List.of(1, 1, 1, 1), 16, 16),
          2);

  /** The first takes half of the time; the others let the JVM see what is worth compiling. */
  private static final int STEPS = 20;

  /** Of a step, the first of which takes longest; a process must end even if something is stuck. */
  private static final long LONGEST_END_MS = 3000;

  private static volatile boolean isStopped;

  private Rehearsal() {}

  /**
   * Begins, once in a process, and only where arrays are in the host's memory. That it fails is no
   * error: the first step shows then what is wrong, if anything is.
   *
   * <p>Errors: those of loading ND4J and of {@link Kernels#get}.
   */
  public static void start() {
    if (Backend.current() != Backend.CPU) {
      return;
    }
    Thread thread = new Thread(Rehearsal::run, "cogaze-rehearsal");
    thread.setDaemon(true);
    if (STARTED.compareAndSet(false, true) && endsBeforeTheProcess(thread)) {
      // What loads libraries and sets up the whole of ND4J is done by one thread, before the other.
      NativeLibrary.prepare();
      Nd4j.factory();
      Kernel kernel = Kernels.get();
      LOG.debug("a small network is rehearsed on {}", kernel.name());
      thread.start();
    }
  }

  /**
   * What a process unloads at its end must not be in use by a thread of it.
   *
   * @return false when it is ending
   */
  private static boolean endsBeforeTheProcess(Thread thread) {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(thread), "cogaze-rehearsal-end"));
      return true;
    } catch (IllegalStateException e) {
      LOG.debug("nothing is rehearsed", e);
      return false;
    }
  }

  private static void end(Thread thread) {
    isStopped = true;
    try {
      thread.join(LONGEST_END_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void run() {
    long begin = System.nanoTime();
    if (isStopped) {
      return;
    }
    try {
      compute();
      LOG.debug("rehearsed in {} ms", (System.nanoTime() - begin) / 1_000_000);
    } catch (RuntimeException | Error e) {
      // Not even a lack of memory, which Spark would end the executor for.
      LOG.info("the rehearsal of a small network failed; the first step takes longer", e);
    }
  }

  /** Computes on the calling thread, which is to do nothing else in its life. */
  static void compute() {
    Arena.keepApart();
    NativeLibrary.singleThread();
    BuiltNetwork built = SPEC.network().build(BuildRequest.inference(Set.of(Head.DENSENET_CLASS)));
    ComputationGraph graph = new ComputationGraph(built.configuration());
    long count = built.names().parameterCount() + built.names().statisticCount();
    Turns.ready(
        () -> {
          graph.init(FlatVectors.zeros(DataType.FLOAT, count), false);
          return graph;
        });
    try (INDArray image = Nd4j.zeros(DataType.FLOAT, 1, 1, SPEC.height(), SPEC.width())) {
      ComputationGraph inference = Turns.ready(() -> InferenceGraph.of(graph));
      for (int step = 0; step < STEPS && !isStopped; step++) {
        Turns.output(inference, image);
      }
      inference.close();
    } finally {
      graph.close();
      Nd4j.getWorkspaceManager().destroyAllWorkspacesForCurrentThread();
    }
  }
}
