package io.cogaze.nn.network;

import io.cogaze.nn.release.TasksAtOnce;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The way in which tasks train and infer: everything that makes a network ready, or computes with
 * one on a batch, does it here. Where the release of Deeplearning4j stands several tasks at once,
 * that is all there is to it. Where it does not ({@link TasksAtOnce}), the tasks of a process take
 * turns, in the order in which they came. A turn is one network or one batch, never more: tasks
 * that wait for each other between batches, to average or to read, hold no turn meanwhile. What is
 * computed does not depend on it.
 */
public final class Turns {
  private static final Turns OF_THIS_PROCESS = TasksAtOnce.isOne() ? oneAtATime() : allAtOnce();

  /** Null where nobody has to wait. */
  private final ReentrantLock turn;

  private Turns(ReentrantLock turn) {
    this.turn = turn;
  }

  /** Turns of which one is taken at a time. */
  static Turns oneAtATime() {
    return new Turns(new ReentrantLock(true));
  }

  /** Turns that all are taken at once. */
  static Turns allAtOnce() {
    return new Turns(null);
  }

  /** Gives a network its memory and first values. */
  public static <T> T ready(Supplier<T> work) {
    return OF_THIS_PROCESS.take(work);
  }

  /** Trains a network on a batch. */
  public static void fit(ComputationGraph graph, MultiDataSet batch) {
    OF_THIS_PROCESS.take(
        () -> {
          graph.fit(batch);
          return graph;
        });
  }

  /** A network's outputs in inference mode. */
  public static INDArray[] output(ComputationGraph graph, INDArray... inputs) {
    return OF_THIS_PROCESS.take(() -> graph.output(false, inputs));
  }

  /** The activations of some layers of a network in inference mode. */
  public static INDArray[] output(ComputationGraph graph, List<String> layers, INDArray input) {
    return OF_THIS_PROCESS.take(() -> graph.output(layers, false, new INDArray[] {input}, null));
  }

  /** A network's loss on a batch in inference mode. */
  public static double loss(ComputationGraph graph, MultiDataSet batch) {
    return OF_THIS_PROCESS.take(() -> graph.score(batch, false));
  }

  /** Whether the tasks of this process compute one at a time. */
  static boolean areOneAtATime() {
    return OF_THIS_PROCESS.turn != null;
  }

  /** Does some work in a turn; within a turn, in the same one. */
  <T> T take(Supplier<T> work) {
    if (turn == null) {
      return work.get();
    }
    turn.lock();
    try {
      T result = work.get();
      // A graphics processor may still be at it.
      Nd4j.getExecutioner().commit();
      return result;
    } finally {
      turn.unlock();
    }
  }
}
