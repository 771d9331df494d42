package io.cogaze.train.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.ConfigurationException;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.plan.ResourceSum.Amount;
import io.cogaze.train.plan.ResourceSum.Budget;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourcePlanTest {
  private static final long MIB = 1 << 20;
  private static final Amount UNKNOWN = Amount.unknown("nobody says");
  private static final StageNeed SMALL =
      new StageNeed("first", 10 * MIB, MIB, 0, 0, 20 * MIB, 400, 50, 0, MIB);
  private static final StageNeed LARGE =
      new StageNeed("second", 100 * MIB, 2 * MIB, 30 * MIB, 5 * MIB, 200 * MIB, 3000, 700, 0, MIB);

  private static Amount of(long mb) {
    return new Amount(mb, "given");
  }

  private static GivenResources executors(int slots, long heap, long outside, long disk) {
    return new GivenResources(
        false,
        slots,
        of(2048),
        of(heap),
        of(outside),
        UNKNOWN,
        of(4096),
        0,
        UNKNOWN,
        of(disk),
        1,
        of(0));
  }

  private static ResourceSum sum(TrainSettings train, GivenResources given) {
    return new ResourcePlan(train, List.of(SMALL, LARGE), given, 1000, MIB / 10, 500)
        .sum(List.of("a note"));
  }

  private static Budget budget(ResourceSum sum, String resource) {
    return sum.budgets().stream()
        .filter(budget -> budget.resource().equals(resource))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void memoryOutsideTheHeapIsTheBaseAndTheLargestStagesNetworkInEveryBusySlot() {
    String outside = "memory outside the heap of each executor";

    assertThat(
            budget(sum(TestRecipes.settings(8), executors(2, 4096, 8000, 9999)), outside)
                .neededMb())
        .as("states of 302 MiB of both slots, and an eighth of three of them for each")
        .isEqualTo(500 + 2 * 3000 + 2 * 302 + 227);
    assertThat(
            budget(sum(TestRecipes.settings(1), executors(2, 4096, 8000, 9999)), outside)
                .neededMb())
        .as("one worker keeps one slot busy")
        .isEqualTo(500 + 3000 + 302 + 3 * 302);
  }

  @Test
  void theHeapOfAnExecutorHoldsStatesSlicesAndCaches() {
    Budget heap =
        budget(
            sum(TestRecipes.settings(8), executors(2, 4096, 8000, 9999)),
            "Java heap of each executor");
    assertThat(heap.needs())
        .extracting(Amount::mb)
        .containsExactly(
            300L,
            // Parameters and statistics.
            102L,
            60L,
            // 1000 examples of 0.1 MiB are more than the cache may take.
            16L,
            // Two being put together and two read ahead, of 1 MiB, by two tasks.
            8L);
  }

  @Test
  void theDiskHoldsTheKeptCheckpointsOfAllStagesAndTheOneBeingWritten() {
    Budget disk =
        budget(
            sum(TestRecipes.settings(2), executors(2, 4096, 8000, 1000)),
            "disk space for checkpoints");

    assertThat(disk.neededMb()).isEqualTo(101 * 31 + 101 * 337 + 337);
    assertThat(disk.fits()).isFalse();
    GivenResources copies =
        new GivenResources(
            false, 1, of(1), of(1), of(1), UNKNOWN, UNKNOWN, 0, UNKNOWN, of(9999), 3, of(100));
    assertThat(
            budget(sum(TestRecipes.settings(2), copies), "disk space for checkpoints").neededMb())
        .as("three copies, less what is held")
        .isEqualTo(3 * (101 * 31 + 101 * 337 + 337) - 100);
  }

  @Test
  void oneJvmAddsTheDriversShareToTheWorkers() {
    GivenResources local =
        new GivenResources(
            true, 2, of(4096), of(4096), of(8709), of(6000), of(6000), 0, UNKNOWN, UNKNOWN, 1,
            of(0));
    ResourceSum sum = sum(TestRecipes.settings(2), local);

    assertThat(sum.budgets())
        .extracting(Budget::resource)
        .containsExactly(
            "Java heap of the one JVM",
            "memory outside the heap of the one JVM",
            "memory that ND4J may take in each JVM that computes",
            "disk space for checkpoints");
    assertThat(budget(sum, "memory outside the heap of the one JVM").neededMb())
        .isEqualTo(500 + 2 * 3000 + 700 + (2 + 2 + 1) * 302);
    assertThat(budget(sum, "memory outside the heap of the one JVM").fits())
        .as("one MiB too few")
        .isFalse();
    assertThat(budget(sum, "memory that ND4J may take in each JVM that computes").neededMb())
        .isEqualTo(6700 + 5 * 302);
    assertThat(budget(sum, "disk space for checkpoints").fits()).as("not known").isTrue();
  }

  @Test
  void theDriverHasItsNetworkAndTwoStatesOutsideItsHeap() {
    Budget driver =
        budget(
            sum(TestRecipes.settings(8), executors(2, 4096, 8000, 9999)),
            "memory that ND4J may take in the driver");

    assertThat(driver.neededMb()).isEqualTo(700 + 2 * 302);
  }

  @Test
  void networksOfGpuExecutorsLieInTheGpusThatTheirTasksShare() {
    GivenResources gpus =
        new GivenResources(
            false, 4, of(9999), of(9999), of(2800), of(9999), of(4096), 2, of(8192), of(99999), 1,
            of(0));
    ResourceSum sum = sum(TestRecipes.settings(4), gpus);

    assertThat(budget(sum, "memory of each GPU").neededMb()).isEqualTo(1024 + 2 * 3000);
    assertThat(budget(sum, "memory outside the heap of each executor").neededMb())
        .isEqualTo(500 + 4 * 302 + 3 * 302);
    assertThat(sum.fits()).isTrue();
  }

  @Test
  void aSumThatCannotFitIsRefusedWithAllOfItAndWhatToChange() {
    ResourceSum sum = sum(TestRecipes.settings(8), executors(2, 4096, 7330, 99999));

    assertThatThrownBy(() -> sum.requireFit("resources.ignore-sum"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(
            "Cannot start training: there is not enough memory outside the heap of each executor.")
        .hasMessageContaining(
            "memory outside the heap of each executor: 7331 needed, 7330 given (given)  <- does not"
                + " fit")
        .hasMessageContaining("      6000  networks at work: 2 x 3000 (stage second)")
        .hasMessageContaining("Java heap of the driver: ")
        .hasMessageContaining("note: a note")
        .hasMessageContaining("spark.cogaze.offHeapMemory=SIZE, fewer tasks in one JVM")
        .hasMessageContaining("--set resources.ignore-sum=true");
    sum(TestRecipes.settings(8), executors(2, 4096, 7331, 99999))
        .requireFit("resources.ignore-sum");
  }
}
