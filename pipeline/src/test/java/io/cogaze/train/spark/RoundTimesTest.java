package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.train.step.WorkerReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RoundTimesTest {
  private static final ExecutorMemory MEMORY = new ExecutorMemory("1", "host", 1, 2, 3, 4, 5);

  @Test
  void partsAreMeansOverTheSlotsAndTheRestIsIdle() {
    // Two workers: 100 + 20 + 60 + 10 and 100 + 10 + 30 + 10, then averaging, on a clock of 300.
    RoundTimes times =
        RoundTimes.of(
            2,
            List.of(task(0, 100, 20, 60, 10), task(1, 100, 10, 30, 10)),
            new RoundTimes.Driver(300, 30, 6, 40));

    assertThat(times)
        .isEqualTo(new RoundTimes(45, 15, 10, 20 + 6, 30 + 100, 300 - 45 - 15 - 10 - 26 - 130));
  }

  @Test
  void aSlotWithoutBatchesIsIdle() {
    RoundTimes times =
        RoundTimes.of(4, List.of(task(0, 0, 0, 80, 0)), new RoundTimes.Driver(80, 0, 0, 0));

    assertThat(times).isEqualTo(new RoundTimes(20, 0, 0, 0, 0, 60));
  }

  @Test
  void averagingOnMoreCoresThanSlotsTakesNoMoreThanTheRoundHasLeft() {
    // One worker of 70; two slices averaged side by side for 25 each: the round ends at 100.
    RoundTimes times =
        RoundTimes.of(1, List.of(task(0, 0, 0, 70, 0)), new RoundTimes.Driver(100, 0, 0, 50));

    assertThat(times).isEqualTo(new RoundTimes(70, 0, 0, 30, 0, 0));
  }

  static LongStream seeds() {
    return LongStream.range(0, 200);
  }

  /** Rounds played by the rules of the cluster: workers in waves over the cores, then averaging. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void noPartIsNegativeAndTheySumToTheWallTime(long seed) {
    Random random = new Random(seed);
    int slots = 1 + random.nextInt(8);
    int cores = 1 + random.nextInt(8);
    List<TaskReport> tasks = new ArrayList<>();
    for (int worker = 0; worker < 1 + random.nextInt(slots); worker++) {
      tasks.add(
          task(
              worker,
              random.nextInt(50),
              random.nextInt(50),
              random.nextInt(1000),
              random.nextInt(50)));
    }
    long map = onCores(cores, tasks.stream().mapToLong(TaskReport::nanos).toArray());
    long[] averages = IntStream.range(0, 2 * slots).mapToLong(i -> random.nextInt(100)).toArray();
    long reduce = onCores(cores, averages);
    long broadcast = random.nextInt(100);
    long collect = random.nextInt(100);
    long wall = broadcast + map + reduce + collect + random.nextInt(100);
    RoundTimes times =
        RoundTimes.of(
            slots,
            tasks,
            new RoundTimes.Driver(wall, broadcast, collect, LongStream.of(averages).sum()));

    assertThat(parts(times)).as(times.toString()).allMatch(part -> part >= 0);
    assertThat(times.wall()).isEqualTo(wall);
    long compute = tasks.stream().mapToLong(task -> task.work().computeNanos()).sum();
    assertThat(times.compute()).as("nothing of it is cut off").isEqualTo(compute / slots);
  }

  /** Clocks that do not fit together, of machines that drift. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void evenTimesThatCannotBeGiveNoNegativePart(long seed) {
    Random random = new Random(seed);
    List<TaskReport> tasks =
        IntStream.range(0, 1 + random.nextInt(4))
            .mapToObj(
                worker ->
                    task(
                        worker,
                        random.nextInt(1000),
                        random.nextInt(1000),
                        random.nextInt(1000),
                        random.nextInt(1000)))
            .toList();
    long wall = random.nextInt(3000);
    RoundTimes times =
        RoundTimes.of(
            tasks.size(),
            tasks,
            new RoundTimes.Driver(
                wall, random.nextInt(1000), random.nextInt(1000), random.nextInt(1000)));

    assertThat(parts(times)).as(times.toString()).allMatch(part -> part >= 0);
    assertThat(times.wall()).isEqualTo(wall);
  }

  @Test
  void theSpeedUpIsTheComputingOfAllWorkersOverTheWallTime() {
    List<TaskReport> tasks = List.of(task(0, 0, 0, 60, 0), task(1, 0, 0, 90, 0));
    RoundSummary round =
        new RoundSummary(
            1,
            1,
            1,
            tasks,
            RoundTimes.of(2, tasks, new RoundTimes.Driver(100, 0, 0, 0)),
            new RoundBytes(8, 0, 0, 0, 0, 0));

    assertThat(round.speedUp()).isCloseTo(1.5, within(1e-12));
    assertThat(round.examplesPerSecond()).isCloseTo(20 / 100e-9, within(1.0));
  }

  @Test
  void theTimeLeftIsOfRoundsAndOfWhatLiesBetweenEpochs() {
    long[] now = {0};
    TimeLeft left = new TimeLeft(3, () -> now[0]);
    left.epochBegins();
    assertThat(left.after(round(1, 1, 9e9))).as("5 rounds of 9 s").isCloseTo(45, within(1e-6));
    assertThat(left.after(round(1, 2, 2e9)))
        .as("4 rounds of 2 s: the first built the network")
        .isCloseTo(8, within(1e-6));
    now[0] = 3_000_000_000L;
    left.epochBegins();
    assertThat(left.after(round(2, 1, 2e9)))
        .as("3 rounds of 2 s and 2 times 3 s between and after")
        .isCloseTo(12, within(1e-6));
  }

  private static RoundSummary round(int epoch, int round, double nanos) {
    RoundTimes times = RoundTimes.of(1, List.of(), new RoundTimes.Driver((long) nanos, 0, 0, 0));
    return new RoundSummary(epoch, round, 2, List.of(), times, new RoundBytes(0, 0, 0, 0, 0, 0));
  }

  private static Stream<Long> parts(RoundTimes times) {
    return Stream.of(
        times.compute(),
        times.readWait(),
        times.serialise(),
        times.aggregate(),
        times.broadcast(),
        times.idle());
  }

  /** When the last task ends, each taken in order by the core that is free first. */
  private static long onCores(int cores, long... durations) {
    long[] free = new long[cores];
    for (long duration : durations) {
      int first = 0;
      for (int core = 1; core < cores; core++) {
        first = free[core] < free[first] ? core : first;
      }
      free[first] += duration;
    }
    return LongStream.of(free).max().orElse(0);
  }

  private static TaskReport task(int worker, long state, long read, long compute, long cut) {
    return new TaskReport(
        new WorkerReport(worker, 10, 2, 1.0, new double[] {1.0}, 5, 1, read, compute),
        state,
        cut,
        MEMORY);
  }
}
