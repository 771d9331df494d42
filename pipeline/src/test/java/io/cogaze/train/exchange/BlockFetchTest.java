package io.cogaze.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.train.TestSpark;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.SparkEnv;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockFetchTest {
  /** Far from the numbers of Spark's own broadcasts. */
  private static final long BROADCAST = 1L << 40;

  private final String owner = UUID.randomUUID().toString();

  @BeforeAll
  static void start() {
    TestSpark.session();
  }

  @AfterEach
  void free() {
    Slabs.free(owner);
    assertThat(Slabs.bytes(owner)).isZero();
  }

  @Test
  void whatASlabHoldsIsReadWhereItLies() throws BlockLostException {
    BlockSet set = put(BROADCAST, "a", 10, 11, 12);

    List<Integer> found = new ArrayList<>();
    try (BlockFetch fetch = fetch(set, 2, 0, 1)) {
      for (int i = 0; i < 3; i++) {
        try (BlockFetch.Piece piece = fetch.next()) {
          assertThat(piece.size()).isEqualTo(Integer.BYTES);
          found.add(little(piece.bytes()).getInt());
        }
      }
      assertThat(fetch.traffic().bytes()).as("all in this process").isZero();
    }

    assertThat(found).containsExactly(12, 10, 11);
  }

  @Test
  void aBlockThatIsNowhereIsNamedWithItsPlaceInTheList() throws BlockLostException {
    BlockSet set = put(BROADCAST, "b", 10);

    try (BlockFetch fetch = fetch(set, 0, 7)) {
      fetch.next().close();
      assertThatThrownBy(fetch::next)
          .isInstanceOfSatisfying(
              BlockLostException.class, lost -> assertThat(lost.index()).isEqualTo(1))
          .hasMessageContaining("Slice 7 of a state is not to be had from [Home[executor=driver");
    }
  }

  @Test
  void theSecondPlaceIsAskedWhereTheFirstHasNothing() throws BlockLostException {
    BlockSet empty = new BlockSet(BROADCAST, "c", Home.here());
    BlockSet set = put(BROADCAST, "d", 10);

    try (BlockFetch fetch =
            new BlockFetch(List.of(new BlockFetch.Wanted(0, List.of(empty, set))), 1);
        BlockFetch.Piece piece = fetch.next()) {
      assertThat(little(piece.bytes()).getInt()).isEqualTo(10);
    }
  }

  @Test
  void aProcessThatIsGoneDoesNotKeepAReaderFromTheSecondPlace() throws BlockLostException {
    BlockSet gone = new BlockSet(BROADCAST, "e", new Home("99", "127.0.0.1", 1, "", 0));
    BlockSet set = put(BROADCAST, "f", 10, 11);

    try (BlockFetch fetch =
        new BlockFetch(
            List.of(
                new BlockFetch.Wanted(0, List.of(gone, set)),
                new BlockFetch.Wanted(1, List.of(gone, set))),
            1)) {
      try (BlockFetch.Piece piece = fetch.next()) {
        assertThat(little(piece.bytes()).getInt()).isEqualTo(10);
      }
      try (BlockFetch.Piece piece = fetch.next()) {
        assertThat(little(piece.bytes()).getInt()).isEqualTo(11);
      }
    }
  }

  @Test
  void memoryIsUsedAgainWhenItsBlocksAreNotWantedAnyMore() {
    put(BROADCAST, "g", 1);
    long once = Slabs.bytes(owner);
    put(BROADCAST + 1, "h", 2);
    assertThat(Slabs.bytes(owner)).as("both are wanted").isEqualTo(2 * once);

    BlockSet last = put(BROADCAST + 2, new TreeSet<>(List.of(BROADCAST + 2)), "i", 3);

    assertThat(Slabs.bytes(owner)).isEqualTo(2 * once);
    assertThat(SparkEnv.get().blockManager().getStatus(last.block(0)).isDefined()).isTrue();
    BlockSet first = new BlockSet(BROADCAST, "g", Home.here());
    assertThat(SparkEnv.get().blockManager().getStatus(first.block(0)).isEmpty()).isTrue();
  }

  @Test
  void memoryThatWasMadeReadyWaitsForLaterRounds() {
    put(BROADCAST, "n", 1);
    long once = Slabs.bytes(owner);
    Slabs.ready(owner, BROADCAST, 2, once);
    assertThat(Slabs.bytes(owner)).isEqualTo(3 * once);
    Slabs.ready(owner, BROADCAST, 2, once);
    assertThat(Slabs.bytes(owner)).as("it is there").isEqualTo(3 * once);

    put(BROADCAST + 1, "o", 1, 2, 3);
    long larger = Slabs.bytes(owner);
    assertThat(larger).as("more room than any of them has").isEqualTo(6 * once);
    put(BROADCAST + 2, "p", 1);
    put(BROADCAST + 3, "q", 1);
    assertThat(Slabs.bytes(owner)).isEqualTo(larger);

    put(BROADCAST + 4, "r", 1);
    assertThat(Slabs.bytes(owner)).as("all are used").isEqualTo(larger + once);
  }

  @Test
  void aPartThatDidNotBecomeABlockIsGivenAgain() {
    BlockSet set = new BlockSet(BROADCAST, "s", Home.here());
    try (Slab slab = Slabs.take(owner, BROADCAST, new TreeSet<>(), Integer.BYTES)) {
      slab.next(Integer.BYTES);
      slab.put(set, 0, slab.next(Integer.BYTES).putInt(7));
      assertThatThrownBy(() -> slab.next(1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("A slab of 4 bytes has no room for 1 behind 4");
      slab.filled();
    }
  }

  /** Spark removes a broadcast's blocks on a thread of its own when the driver forgets it. */
  @Test
  void aSlabCanBeAskedWhetherItIsFreeWhileSparkRemovesItsBlock() throws Exception {
    Slab slab = new Slab(Integer.BYTES);
    ExecutorService spark = Executors.newSingleThreadExecutor();
    try {
      for (int round = 0; round < 500; round++) {
        long broadcast = BROADCAST + round;
        slab.begin(broadcast);
        slab.put(new BlockSet(broadcast, "l", Home.here()), 0, slab.next(Integer.BYTES));
        slab.filled();
        assertThat(slab.isFree()).isFalse();
        Future<?> removing =
            spark.submit(() -> SparkEnv.get().blockManager().removeBroadcast(broadcast, false));
        while (!slab.isFree()) {
          Thread.onSpinWait();
        }
        removing.get();
      }
    } finally {
      spark.shutdown();
      slab.free();
    }
  }

  /** As above; Spark's own removal may fail then, and leaves the rest to the slab. */
  @Test
  void aSlabRemovesItsBlocksWhileSparkDoesToo() throws Exception {
    Slab slab = new Slab(Integer.BYTES);
    ExecutorService spark = Executors.newSingleThreadExecutor();
    CyclicBarrier both = new CyclicBarrier(2);
    try {
      for (int round = 0; round < 5000; round++) {
        long broadcast = BROADCAST + round;
        slab.begin(broadcast);
        slab.put(new BlockSet(broadcast, "m", Home.here()), 0, slab.next(Integer.BYTES));
        slab.filled();
        Future<?> removing =
            spark.submit(
                () -> {
                  both.await();
                  return SparkEnv.get().blockManager().removeBroadcast(broadcast, false);
                });
        both.await();
        slab.remove();
        while (!removing.isDone()) {
          Thread.onSpinWait();
        }
        assertThat(slab.isFree()).isTrue();
      }
    } finally {
      spark.shutdown();
      slab.free();
    }
  }

  @Test
  void whatIsNotFilledToItsEndLeavesNoBlock() {
    BlockSet set = new BlockSet(BROADCAST, "j", Home.here());
    try (Slab slab = Slabs.take(owner, BROADCAST, new TreeSet<>(), Slabs.room(4, 1))) {
      slab.put(set, 0, slab.next(4));
    }

    assertThat(SparkEnv.get().blockManager().getStatus(set.block(0)).isEmpty()).isTrue();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everySliceIsWantedOnceWhereItsGroupIs(long seed) {
    Random random = new Random(seed);
    int workers = 1 + random.nextInt(9);
    int slices = StatePlaces.slices(random.nextInt(1 << 26), workers);
    assertThat(slices % workers).isZero();
    List<BlockSet> groups = new ArrayList<>();
    for (int group = 0; group < workers; group++) {
      groups.add(new BlockSet(BROADCAST, "w" + group, Home.here()));
    }
    BlockSet fallback = new BlockSet(BROADCAST, "driver", Home.here());
    StatePlaces places = new StatePlaces(slices, groups, fallback);

    List<BlockFetch.Wanted> wanted = places.everything(random.nextInt(20));

    assertThat(wanted).extracting(BlockFetch.Wanted::slice).doesNotHaveDuplicates().hasSize(slices);
    assertThat(wanted).allSatisfy(block -> assertThat(places.one(block.slice())).isEqualTo(block));
    for (int group = 0; group < workers; group++) {
      BlockFetch.Wanted first = places.one(StatePlaces.first(group, workers, slices));
      assertThat(first.places()).containsExactly(groups.get(group), fallback);
    }
  }

  private BlockFetch fetch(BlockSet set, int... slices) {
    List<BlockFetch.Wanted> wanted = new ArrayList<>();
    for (int slice : slices) {
      wanted.add(new BlockFetch.Wanted(slice, set));
    }
    return new BlockFetch(wanted, 2);
  }

  private BlockSet put(long broadcast, String label, int... values) {
    return put(broadcast, new TreeSet<>(), label, values);
  }

  private BlockSet put(long broadcast, SortedSet<Long> alive, String label, int... values) {
    BlockSet set = new BlockSet(broadcast, label, Home.here());
    long room = Slabs.room((long) Integer.BYTES * values.length, values.length);
    try (Slab slab = Slabs.take(owner, broadcast, alive, room)) {
      for (int slice = 0; slice < values.length; slice++) {
        ByteBuffer part = slab.next(Integer.BYTES);
        part.putInt(values[slice]);
        slab.put(set, slice, part);
      }
      slab.filled();
    }
    return set;
  }

  private static ByteBuffer little(ByteBuffer bytes) {
    return bytes.duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN);
  }
}
