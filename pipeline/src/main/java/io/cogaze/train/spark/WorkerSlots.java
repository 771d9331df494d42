package io.cogaze.train.spark;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.shard.JavaBytes;
import io.cogaze.train.exchange.Slabs;
import io.cogaze.train.step.ExampleCache;
import io.cogaze.train.step.FeatureCache;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.WorkerNetwork;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The built networks of an executor's JVM. A slot is a network with a thread of its own, because
 * ND4J's workspaces and OpenMP's thread teams belong to threads; it stays between rounds and serves
 * whichever task comes next on the same graphics processor, since a task sets the whole state
 * first. There are as many slots as tasks ran at once. Slots of another stage are dropped when a
 * new stage begins.
 */
final class WorkerSlots {
  private static final WorkerSlots OF_THIS_JVM = new WorkerSlots(new Nd4jDevices());

  private final Deque<Slot> idle = new ArrayDeque<>();
  private String key = "";
  private StageShipment shipment;
  private ExampleCache cache = new ExampleCache(0);
  private long cacheBytes;
  private FeatureCache features = new FeatureCache(0);

  private final DeviceBinding devices;

  /** Slots whose threads are bound in this way; the executor's own are {@link #ofThisJvm}. */
  WorkerSlots(DeviceBinding devices) {
    this.devices = devices;
  }

  static WorkerSlots ofThisJvm() {
    return OF_THIS_JVM;
  }

  /** What a slot works with. */
  record Bench(StageShipment shipment, WorkerNetwork worker, ExampleCache cache) {}

  /**
   * Runs work on a slot's network at a learning rate, and waits for it.
   *
   * @param stageKey the key of the shipment's definition
   * @param bytes the serialised {@link StageShipment}, read when the stage is new here
   */
  <T> T run(String stageKey, byte[] bytes, double learningRate, Function<Bench, T> work) {
    NativeLibrary.prepare();
    EngineGuard.check();
    return run(stageKey, bytes, learningRate, TaskDevice.ofThisTask(), work);
  }

  /** As the other, on a graphics processor. */
  <T> T run(
      String stageKey,
      byte[] bytes,
      double learningRate,
      OptionalInt device,
      Function<Bench, T> work) {
    Slot slot = borrow(stageKey, bytes, device);
    boolean whole = false;
    try {
      T result = slot.run(learningRate, work);
      whole = true;
      return result;
    } finally {
      if (whole) {
        giveBack(slot);
      } else {
        slot.close();
      }
    }
  }

  private synchronized Slot borrow(String stageKey, byte[] bytes, OptionalInt device) {
    if (!stageKey.equals(key)) {
      close();
      shipment = JavaBytes.read(bytes, StageShipment.class);
      if (shipment.cacheBytes() != cacheBytes) {
        cacheBytes = shipment.cacheBytes();
        cache = new ExampleCache(cacheBytes);
      }
      features = new FeatureCache(cacheBytes);
      key = stageKey;
    }
    for (Slot slot : idle) {
      if (slot.device.equals(device)) {
        idle.remove(slot);
        return slot;
      }
    }
    return new Slot(shipment, cache, features, device, devices);
  }

  private synchronized void giveBack(Slot slot) {
    if (slot.shipment.definition().key().equals(key)) {
      idle.push(slot);
    } else {
      slot.close();
    }
  }

  /** Drops the idle networks of a stage, and its blocks; those of another one stay. */
  synchronized void evict(String stageKey) {
    Slabs.free(stageKey);
    if (stageKey.equals(key)) {
      close();
    }
  }

  /** Number of idle networks. */
  synchronized int size() {
    return idle.size();
  }

  /**
   * Drops the networks of a stage that is over from all executors: a job with a task for each slot,
   * which Spark spreads over the executors that are free. An executor that it misses drops them
   * when the next stage begins.
   */
  static void evictEverywhere(JavaSparkContext context, String stage, String stageKey) {
    int tasks = Math.max(1, context.defaultParallelism());
    context.setJobGroup(stage + "/end", "stage " + stage + ", end: executors drop its networks");
    try {
      context
          .parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
          .foreach(new EvictTask(stageKey));
    } finally {
      context.clearJobGroup();
    }
  }

  /** Drops the idle networks. */
  synchronized void close() {
    idle.forEach(Slot::close);
    idle.clear();
    key = "";
    shipment = null;
    features = new FeatureCache(0);
  }

  /** A network and its thread. */
  private static final class Slot {
    private final StageShipment shipment;
    private final ExampleCache cache;
    private final FeatureCache features;
    private final ExecutorService thread;
    private final OptionalInt device;
    private WorkerNetwork worker;

    Slot(
        StageShipment shipment,
        ExampleCache cache,
        FeatureCache features,
        OptionalInt device,
        DeviceBinding devices) {
      this.device = device;
      this.shipment = shipment;
      this.cache = cache;
      this.features = features;
      this.thread =
          Executors.newSingleThreadExecutor(
              task -> {
                Runnable bound =
                    () -> {
                      TaskDevice.bind(device, devices);
                      task.run();
                    };
                Thread made = new Thread(bound, "cogaze-worker");
                made.setDaemon(true);
                return made;
              });
    }

    <T> T run(double learningRate, Function<Bench, T> work) {
      Future<T> result =
          thread.submit(
              () -> {
                NativeLibrary.threads(shipment.definition().nativeThreads());
                if (worker == null || worker.network().learningRate() != learningRate) {
                  worker = build(learningRate);
                }
                return work.apply(new Bench(shipment, worker, cache));
              });
      try {
        return result.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        if (e.getCause() instanceof Error cause) {
          throw cause;
        }
        throw new IllegalStateException("A worker's thread failed", e.getCause());
      } catch (InterruptedException e) {
        result.cancel(true);
        Thread.currentThread().interrupt();
        throw new IllegalStateException("The task was cancelled", e);
      }
    }

    private WorkerNetwork build(double learningRate) {
      StageNetwork network =
          StageNetwork.uninitialised(shipment.definition(), learningRate, shipment.batch());
      network.frozen(shipment.frozen());
      return shipment.cacheFrozenFeatures()
          ? WorkerNetwork.withFrozenFeatures(shipment.definition(), network, features)
          : new WorkerNetwork(shipment.definition(), network);
    }

    void close() {
      thread.execute(() -> Nd4j.getWorkspaceManager().destroyAllWorkspacesForCurrentThread());
      thread.shutdown();
    }
  }
}
