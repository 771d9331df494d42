package io.cogaze.inference;

import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.InferenceGraph;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.Turns;
import io.cogaze.shard.Example;
import io.cogaze.train.checkpoint.TrainedStage;
import io.cogaze.train.step.BatchAssembler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A stage's network in inference mode. It has a thread of its own, because ND4J's workspaces and
 * OpenMP's thread teams belong to threads.
 */
final class NetworkPredictor implements Predictor {
  private final ExecutorService thread;
  private final TrainedStage stage;
  private final int nativeThreads;
  private final Set<Head> heads;
  private TrainedStage.InferenceNetwork network;
  private BatchAssembler assembler;

  private NetworkPredictor(TrainedStage stage, Set<Head> heads, int nativeThreads) {
    this.stage = stage;
    this.heads = heads;
    this.nativeThreads = nativeThreads;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "cogaze-predictor");
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * Opens predictors of a stage.
   *
   * @param key see {@link Predictor.Source#key}
   * @param stage {@link TrainedStage#toBytes}
   * @param heads names of the heads to compute
   * @param nativeThreads threads of the native kernels
   */
  record Source(String key, Broadcast<byte[]> stage, List<String> heads, int nativeThreads)
      implements Predictor.Source {
    private static final long serialVersionUID = 1L;

    @Override
    public Predictor open() {
      Set<Head> wanted = EnumSet.noneOf(Head.class);
      heads.forEach(head -> wanted.add(Head.valueOf(head)));
      return new NetworkPredictor(TrainedStage.ofBytes(stage.value()), wanted, nativeThreads);
    }
  }

  @Override
  public List<Output> predict(List<Example> batch) {
    return onThread(() -> forward(batch));
  }

  private List<Output> forward(List<Example> batch) {
    NativeLibrary.prepare();
    NativeLibrary.threads(nativeThreads);
    if (network == null) {
      TrainedStage.InferenceNetwork trained = stage.network(heads, batch.size(), nativeThreads);
      network =
          new TrainedStage.InferenceNetwork(
              trained.built(), Turns.ready(() -> InferenceGraph.of(trained.graph())));
      trained.graph().close();
      assembler =
          new BatchAssembler(
              network.built().outputs(), stage.targetClasses(), stage.inputReduction());
    }
    INDArray[] outputs = Turns.output(network.graph(), assembler.assemble(batch).getFeatures());
    float[] probabilities = null;
    float[] maps = null;
    for (int head = 0; head < outputs.length; head++) {
      if (network.built().outputs().get(head) == Head.SALIENCY) {
        maps = HostValues.floats(outputs[head]);
      } else {
        probabilities = HostValues.floats(outputs[head]);
      }
    }
    List<Output> rows = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      rows.add(new Output(row(probabilities, i, batch.size()), row(maps, i, batch.size())));
    }
    return rows;
  }

  private static Optional<float[]> row(float[] values, int index, int rows) {
    if (values == null) {
      return Optional.empty();
    }
    int length = values.length / rows;
    return Optional.of(Arrays.copyOfRange(values, index * length, (index + 1) * length));
  }

  @Override
  public void close() {
    Future<?> destroyed =
        thread.submit(() -> Nd4j.getWorkspaceManager().destroyAllWorkspacesForCurrentThread());
    thread.shutdown();
    await(destroyed);
  }

  private <T> T onThread(java.util.concurrent.Callable<T> work) {
    return await(thread.submit(work));
  }

  private static <T> T await(Future<T> work) {
    try {
      return work.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException("A predictor's thread failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The task was cancelled", e);
    }
  }
}
