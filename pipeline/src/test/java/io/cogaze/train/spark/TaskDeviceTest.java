package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.RunException;
import io.cogaze.nn.network.Head;
import io.cogaze.shard.JavaBytes;
import io.cogaze.shard.ShardSet;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TaskDeviceTest {
  private static final double RATE = 1e-3;

  @TempDir Path folder;

  /** Remembers which threads were bound to which device. */
  private record FakeDevices(int devices, Map<Thread, Integer> bound) implements DeviceBinding {
    FakeDevices(int devices) {
      this(devices, new ConcurrentHashMap<>());
    }

    @Override
    public void bind(int device) {
      bound.put(Thread.currentThread(), device);
    }
  }

  private StageShipment shipment() throws IOException {
    URI shards = TrainingShards.write(folder.resolve("shards"), 4, 2, 64, 64);
    ShardSet set = ShardSet.open(new Configuration(), shards);
    Recipe recipe = TestRecipes.first(1, 1);
    StageSettings settings = recipe.plan("contrast").settings();
    Map<Head, Double> heads = StageDescription.heads("contrast", settings);
    ModelDescription description =
        StageDescription.of("contrast", settings, heads, recipe, set.manifest());
    StageDefinition definition =
        new StageDefinition(
            "key",
            "contrast",
            description.spec(),
            heads,
            settings.trainable(),
            settings.updater(),
            description.triplet(),
            description.targetClasses(),
            1,
            1,
            1);
    float[] frozen = StageNetwork.initialise(definition, RATE).frozen();
    return new StageShipment(definition, set.handle(), frozen, 0, false, 0, 0, false);
  }

  @Test
  void twoSlotsWorkOnTwoDevicesAndKeepTheirNetworks() throws Exception {
    FakeDevices devices = new FakeDevices(2);
    WorkerSlots slots = new WorkerSlots(devices);
    byte[] bytes = JavaBytes.of(shipment());
    ExecutorService tasks = Executors.newFixedThreadPool(2);
    try {
      CountDownLatch both = new CountDownLatch(2);
      List<Future<Object>> atOnce =
          List.of(0, 1).stream()
              .map(
                  device ->
                      tasks.submit(
                          () ->
                              slots.<Object>run(
                                  "key",
                                  bytes,
                                  RATE,
                                  OptionalInt.of(device),
                                  bench -> {
                                    meet(both);
                                    assertThat(devices.bound())
                                        .containsEntry(Thread.currentThread(), device);
                                    return bench.worker();
                                  })))
              .toList();
      Object first = atOnce.get(0).get();
      Object second = atOnce.get(1).get();
      assertThat(first).isNotSameAs(second);
      assertThat(devices.bound()).hasSize(2);

      for (int again = 0; again < 3; again++) {
        assertThat(slots.<Object>run("key", bytes, RATE, OptionalInt.of(0), b -> b.worker()))
            .isSameAs(first);
        assertThat(slots.<Object>run("key", bytes, RATE, OptionalInt.of(1), b -> b.worker()))
            .isSameAs(second);
      }
      assertThat(devices.bound()).as("a network's thread is bound once").hasSize(2);
    } finally {
      tasks.shutdownNow();
      slots.close();
    }
  }

  private static void meet(CountDownLatch both) {
    both.countDown();
    try {
      assertThat(both.await(60, TimeUnit.SECONDS)).as("both tasks are at work").isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException("Interrupted while the other task comes", e);
    }
  }

  @Test
  void withoutADeviceOrOnAProcessorNothingIsBound() {
    FakeDevices two = new FakeDevices(2);
    TaskDevice.bind(OptionalInt.empty(), two);
    assertThat(two.bound()).isEmpty();

    FakeDevices none = new FakeDevices(0);
    TaskDevice.bind(OptionalInt.of(1), none);
    assertThat(none.bound()).isEmpty();
    assertThat(TaskDevice.ofThisTask()).as("no task runs here").isEmpty();
  }

  @Test
  void anAddressThatIsNoneOfTheExecutorsDevicesIsExplained() {
    FakeDevices two = new FakeDevices(2);

    assertThatThrownBy(() -> TaskDevice.bind(OptionalInt.of(2), two))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("GPU 2 that Spark gave it: this executor sees 2, counted from 0")
        .hasMessageContaining("CUDA_VISIBLE_DEVICES");
    assertThat(TaskDevice.number(new String[] {" 1 "})).isEqualTo(1);
    assertThatThrownBy(() -> TaskDevice.number(new String[] {"0", "1"}))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("its addresses are [0, 1], expected the number of one")
        .hasMessageContaining("spark.task.resource.gpu.amount=1");
    assertThatThrownBy(() -> TaskDevice.number(new String[] {"GPU-5a1b"}))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("GPU-5a1b");
  }
}
