package io.cogaze.train.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cogaze.error.InputException;
import io.cogaze.shard.Example;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.Split;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.SamplerKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BatchReaderTest {
  private static final int SIZE = 8;

  @TempDir static Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 100})
  void batchesComeInOrderHoweverFarItReadsAhead(int ahead) {
    try (BatchReader reader = new BatchReader(batches(5), BatchReaderTest::examples, ahead)) {
      for (int batch = 0; batch < 5; batch++) {
        assertThat(reader.next())
            .extracting(Example::exampleId)
            .containsExactly("example-%04d".formatted(batch));
      }
    }
  }

  @Test
  void itReadsAheadOfTheNetworkButNoFurtherThanAsked() {
    AtomicInteger read = new AtomicInteger();
    ExampleSource counting =
        rows -> {
          read.incrementAndGet();
          return examples(rows);
        };
    try (BatchReader reader = new BatchReader(batches(9), counting, 2)) {
      await().until(() -> read.get() == 2);
      reader.next();
      await().until(() -> read.get() == 3);
      await().during(java.time.Duration.ofMillis(100)).until(() -> read.get() == 3);
    }
  }

  @Test
  void anErrorComesOutAtItsBatch() {
    ExampleSource broken =
        rows -> {
          if (rows.get(0).row() == 1) {
            throw new InputException("part-3 is damaged");
          }
          return examples(rows);
        };
    try (BatchReader reader = new BatchReader(batches(3), broken, 3)) {
      assertThat(reader.next()).hasSize(1);
      assertThatThrownBy(reader::next)
          .isInstanceOf(InputException.class)
          .hasMessage("part-3 is damaged");
    }
  }

  @Test
  void closingStopsAReadThatIsUnderWay() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    AtomicInteger calls = new AtomicInteger();
    ExampleSource slow =
        rows -> {
          calls.incrementAndGet();
          started.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
            throw new IllegalStateException(e);
          }
          return examples(rows);
        };
    try (BatchReader reader = new BatchReader(batches(4), slow, 2)) {
      started.await();
      assertThat(reader).isNotNull();
    }
    interrupted.await();
    assertThat(calls).as("what was queued is not read any more").hasValue(1);
  }

  @Test
  void aCancelledTaskStopsWaiting() throws InterruptedException {
    AtomicBoolean cancelled = new AtomicBoolean();
    ExampleSource never =
        rows -> {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return examples(rows);
        };
    Thread task =
        new Thread(
            () -> {
              try (BatchReader reader = new BatchReader(batches(2), never, 1)) {
                reader.next();
              } catch (CancellationException e) {
                cancelled.set(Thread.currentThread().isInterrupted());
              }
            });
    task.start();
    task.interrupt();
    task.join();
    assertThat(cancelled).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = SamplerKind.class,
      names = {"SHUFFLED", "STRATIFIED"})
  void fourShardsFeedEightWorkersAndARowGroupIsHardlyEverReadTwice(SamplerKind sampler)
      throws IOException {
    ShardSet shards =
        ShardSet.open(
            new Configuration(),
            TrainingShards.write(folder.resolve("four-" + sampler), 4, 250, 6, SIZE, SIZE));
    List<ExampleRef> examples =
        shards.index().stream()
            .filter(entry -> entry.split() == Split.TRAIN)
            .map(
                entry ->
                    new ExampleRef(
                        entry.exampleId(),
                        entry.file(),
                        entry.rowGroup(),
                        entry.row(),
                        entry.targetClass()))
            .toList();
    long groups =
        examples.stream().map(ref -> ref.file() + "#" + ref.rowGroup()).distinct().count();
    EpochPlan plan = new EpochPlanner(sampler, 8, 4, 2, 16).plan(examples, 3, "s", 1);

    // Two executors of four slots whose caches hold the windows of their workers.
    long window = 4 * (16 + 4) * (1024 + 4 * SIZE * SIZE);
    List<ExampleCache> executors = List.of(new ExampleCache(window), new ExampleCache(window));
    int[] ofWorker = new int[8];
    long reads = 0;
    for (String text : PlanToken.encode(1, plan)) {
      PlanToken token = PlanToken.decode(text);
      ExampleSource source =
          executors.get(token.worker() % 2).source(shards.handle(), token.batches());
      try (BatchReader reader = new BatchReader(token.batches(), source, 2)) {
        for (int batch = 0; batch < token.batches().size(); batch++) {
          ofWorker[token.worker()] += reader.next().size();
        }
      }
      reads += source.rowGroupsRead();
    }

    assertThat(ofWorker).containsOnly(31, 32);
    assertThat(IntStream.of(ofWorker).sum()).isEqualTo(250);
    assertThat(reads / (double) groups)
        .as("row groups read per row group stored")
        .isBetween(1.0, 1.2);
  }

  @Test
  void withoutAnyCacheAWorkerReadsARowGroupOnceARound() throws IOException {
    ShardSet shards =
        ShardSet.open(
            new Configuration(), TrainingShards.write(folder.resolve("two"), 2, 48, 2, SIZE, SIZE));
    List<List<PlanToken.Row>> batches = new ArrayList<>();
    String file = shards.index().get(0).file();
    for (int batch = 0; batch < 4; batch++) {
      int row = batch;
      // Every batch has a row of each of three row groups.
      batches.add(
          IntStream.range(0, 3).mapToObj(group -> new PlanToken.Row(file, group, row)).toList());
    }
    ExampleCache none = new ExampleCache(0);
    ExampleSource source = none.source(shards.handle(), batches);
    batches.forEach(source::examples);

    assertThat(source.rowGroupsRead()).isEqualTo(3);
    assertThat(none.source(shards.handle()).rowGroupsRead()).as("by another").isZero();
    source.examples(batches.get(0));
    assertThat(source.rowGroupsRead()).as("nothing is held after the last batch").isEqualTo(6);
  }

  private static List<List<PlanToken.Row>> batches(int count) {
    return IntStream.range(0, count)
        .mapToObj(row -> List.of(new PlanToken.Row("file", 0, row)))
        .toList();
  }

  private static List<Example> examples(List<PlanToken.Row> rows) {
    return rows.stream()
        .map(row -> TrainingShards.example(row.row(), Split.TRAIN, SIZE, SIZE))
        .toList();
  }
}
