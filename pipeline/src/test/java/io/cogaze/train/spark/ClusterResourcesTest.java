package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.ConfigurationException;
import io.cogaze.train.plan.GivenResources;
import io.cogaze.train.plan.ResourceSum.Amount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClusterResourcesTest {
  private static final Amount NOTHING = Amount.unknown("");

  private static GivenResources given(String... properties) {
    SparkConf conf = new SparkConf(false);
    for (String property : properties) {
      conf.set(property.split("=", 2)[0], property.split("=", 2)[1]);
    }
    return new ClusterResources(conf, 6, OptionalLong.empty())
        .given(new Amount(10_000, "machine"), 500, 0, NOTHING, 1, NOTHING);
  }

  @Test
  void oneMachineGivesWhatItsHeapLeaves() {
    GivenResources given =
        given("spark.master=local[4]", "spark.driver.memory=3g", "spark.task.cpus=2");

    assertThat(given.oneJvm()).isTrue();
    assertThat(given.slots()).isEqualTo(2);
    assertThat(given.driverHeap().mb()).isEqualTo(3072);
    assertThat(given.executorNative().mb()).isEqualTo(10_000 - 3072);
    assertThat(given.arrays().isKnown()).isFalse();
  }

  @Test
  void executorsOfAClusterGiveTheirOverheadOrSparksShareOfTheHeap() {
    GivenResources given =
        given("spark.master=yarn", "spark.executor.memory=8g", "spark.executor.cores=4");
    assertThat(given.oneJvm()).isFalse();
    assertThat(given.slots()).isEqualTo(4);
    assertThat(given.executorHeap().mb()).isEqualTo(8192);
    assertThat(given.executorNative().mb()).isEqualTo(819);
    assertThat(given("spark.master=yarn").executorNative().mb()).isEqualTo(384);

    GivenResources asked =
        given(
            "spark.master=k8s://host",
            "spark.executor.memoryOverhead=9g",
            "spark.executor.defaultJavaOptions=-Da=b -Dorg.bytedeco.javacpp.maxbytes=8192m");
    assertThat(asked.executorNative().mb()).isEqualTo(9216);
    assertThat(asked.arrays().mb()).isEqualTo(8192);
    assertThat(asked.slots()).isEqualTo(1);
  }

  @Test
  void whatNobodySaysIsNotKnown() {
    GivenResources given = given("spark.master=spark://host:7077");

    assertThat(given.executorNative().isKnown()).isFalse();
    assertThat(given.executorNative().what())
        .isEqualTo("a standalone cluster bounds the heap only");
    assertThat(given.slots()).as("all six workers may land on one executor").isEqualTo(6);
    assertThat(given.gpu().isKnown()).isFalse();
  }

  @Test
  void processesOnOneMachineShareIt() {
    GivenResources given =
        given(
            "spark.master=local-cluster[2,1,1024]",
            "spark.driver.memory=1g",
            "spark.executor.memory=1g");
    assertThat(given.oneJvm()).isFalse();
    assertThat(given.executorNative().mb()).isEqualTo((10_000 - 1024 - 500) / 2 - 1024);
  }

  @Test
  void tasksOfAnExecutorAreAsManyAsItsGpusTake() {
    GivenResources given =
        given(
            "spark.master=yarn",
            "spark.executor.cores=8",
            "spark.executor.resource.gpu.amount=2",
            "spark.task.resource.gpu.amount=0.5");
    assertThat(given.gpus()).isEqualTo(2);
    assertThat(given.slots()).isEqualTo(4);
  }

  @Test
  void theMachinesMemoryIsThatOfItsContainerLessTheSystems(@TempDir Path root) throws IOException {
    assertThat(MachineMemory.usable(root, Map.of()).isKnown()).isFalse();
    Files.createDirectories(root.resolve("proc"));
    Files.writeString(root.resolve("proc/meminfo"), "MemTotal:       33554432 kB\nMemFree: 1 kB\n");
    assertThat(MachineMemory.usable(root, Map.of()).mb()).isEqualTo(32768 - 3276);
    Files.createDirectories(root.resolve("sys/fs/cgroup"));
    Files.writeString(root.resolve("sys/fs/cgroup/memory.max"), "4294967296\n");
    assertThat(MachineMemory.usable(root, Map.of()).mb()).isEqualTo(4096 - 1024);
    assertThat(MachineMemory.usable(root, Map.of("COGAZE_MACHINE_MEMORY", "16g")).mb())
        .isEqualTo(16384 - 1638);
    assertThatThrownBy(() -> MachineMemory.usable(root, Map.of("COGAZE_MACHINE_MEMORY", "much")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'much' of COGAZE_MACHINE_MEMORY");
  }
}
