package io.cogaze.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cogaze.train.TestSpark;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads this process's memory as another of the machine would: by its number. */
class SharedMemoryTest {
  /** Far from the numbers of Spark's own broadcasts, and of other tests. */
  private static final long BROADCAST = 1L << 41;

  private static final int LARGE = 1 << 20;
  private static final long ROOM = Slabs.room(2L * LARGE, 4);

  private Slab slab;

  @BeforeEach
  void share() {
    TestSpark.session();
    Optional<SharedMemory> memory = SharedMemory.of(ROOM, SharedMemory.FOLDER);
    assumeTrue(memory.isPresent(), "this system has no memory to share, or no room there");
    slab = new Slab(ROOM, memory);
  }

  @AfterEach
  void free() throws IOException {
    if (slab != null) {
      slab.remove();
      slab.free();
      assertThat(openFiles()).isEmpty();
    }
  }

  @Test
  void whatAnotherProcessOfThisMachineHoldsIsReadWithoutTheNetwork() throws BlockLostException {
    BlockSet set = fill(1, "a", 10, 11);

    List<Integer> found = new ArrayList<>();
    try (BlockFetch fetch =
        new BlockFetch(List.of(new BlockFetch.Wanted(1, set), new BlockFetch.Wanted(0, set)), 2)) {
      for (int i = 0; i < 2; i++) {
        try (BlockFetch.Piece piece = fetch.next()) {
          assertThat(piece.size()).isEqualTo(Integer.BYTES);
          ByteBuffer copy = ByteBuffer.allocateDirect(piece.size());
          piece.copyTo(copy);
          assertThat(copy.flip()).isEqualTo(piece.bytes());
          found.add(copy.order(ByteOrder.LITTLE_ENDIAN).getInt());
        }
      }
      assertThat(fetch.traffic().from()).containsOnly(Map.entry("another", 8L));
    }

    assertThat(found).containsExactly(11, 10);
  }

  @Test
  void aBlockIsNotFoundBeforeAllAreThereAndNotAfterTheMemoryIsUsedAgain() {
    BlockSet first = another(1, "a");
    slab.begin(1);
    put(here(1, "a"), 0, 10);
    assertThat(SharedView.of(first)).as("not all are there").isEmpty();
    slab.filled();

    try (SharedView view = SharedView.of(first).orElseThrow()) {
      ByteBuffer target = ByteBuffer.allocate(Integer.BYTES);
      assertThat(view.bytes(0)).contains(Integer.BYTES);
      assertThat(view.bytes(1)).isEmpty();
      assertThat(view.read(0, target)).isTrue();
      assertThat(SharedView.of(another(1, "b"))).as("another set").isEmpty();

      slab.remove();
      BlockSet second = fill(2, "a", 20);

      assertThat(view.read(0, target.clear())).as("used again").isFalse();
      assertThat(SharedView.of(first)).isEmpty();
      SharedView.of(second).orElseThrow().close();
    }
  }

  @Test
  void whatIsUsedAgainWhileItIsReadIsTakenFromTheNextPlace() throws BlockLostException {
    String owner = UUID.randomUUID().toString();
    BlockSet copy = new BlockSet(BROADCAST, "copy", Home.here());
    try (Slab other = Slabs.take(owner, BROADCAST, new TreeSet<>(), Slabs.room(8, 2))) {
      for (int slice = 0; slice < 2; slice++) {
        ByteBuffer part = other.next(Integer.BYTES);
        part.putInt(10 + slice);
        other.put(copy, slice, part);
      }
      other.filled();
    }
    BlockSet first = fill(1, "a", 10, 11);

    try (BlockFetch fetch =
        new BlockFetch(
            List.of(
                new BlockFetch.Wanted(0, List.of(first, copy)),
                new BlockFetch.Wanted(1, List.of(first, copy))),
            2)) {
      fetch.next().close();
      slab.remove();
      fill(2, "a", 20, 21);

      ByteBuffer second = fetch.nextInto(ByteBuffer::allocateDirect);
      assertThat(second.order(ByteOrder.LITTLE_ENDIAN).getInt()).isEqualTo(11);
      assertThat(fetch.traffic().shared()).as("the first slice").isEqualTo(Integer.BYTES);
    } finally {
      Slabs.free(owner);
    }
  }

  @Test
  void slicesAreReadStraightToWhereTheyAreWanted() throws BlockLostException {
    String owner = UUID.randomUUID().toString();
    BlockSet missing = new BlockSet(BROADCAST, "missing", Home.here());
    BlockSet copy = new BlockSet(BROADCAST + 3, "copy", Home.here());
    BlockSet first = fill(1, "a", 10, 11);
    try (Slab target = Slabs.take(owner, BROADCAST + 3, new TreeSet<>(), Slabs.room(12, 3));
        BlockFetch fetch =
            new BlockFetch(
                List.of(
                    new BlockFetch.Wanted(0, List.of(missing, first)),
                    new BlockFetch.Wanted(1, first),
                    new BlockFetch.Wanted(0, copy)),
                1)) {
      for (int slice = 0; slice < 3; slice++) {
        target.put(copy, slice, fetch.nextInto(target::next));
      }
      target.filled();
      assertThat(fetch.traffic().shared()).isEqualTo(2 * Integer.BYTES);
    }

    List<Integer> found = new ArrayList<>();
    try (BlockFetch fetch =
        new BlockFetch(
            Stream.of(0, 1, 2).map(slice -> new BlockFetch.Wanted(slice, copy)).toList(), 1)) {
      for (int slice = 0; slice < 3; slice++) {
        ByteBuffer read = fetch.nextInto(ByteBuffer::allocateDirect);
        assertThat(read.position()).isZero();
        found.add(read.order(ByteOrder.LITTLE_ENDIAN).getInt());
      }
    } finally {
      Slabs.free(owner);
    }
    assertThat(found).containsExactly(10, 11, 10);
  }

  @Test
  void aReaderNeverTakesHalfOfWhatIsBeingOverwritten() throws Exception {
    AtomicInteger round = new AtomicInteger();
    AtomicBoolean isEnough = new AtomicBoolean();
    ExecutorService writer = Executors.newSingleThreadExecutor();
    int whole = 0;
    int overwritten = 0;
    fillAll(round.get());
    try {
      Future<?> writing =
          writer.submit(
              () -> {
                Random pauses = new Random(1);
                while (!isEnough.get()) {
                  LockSupport.parkNanos(pauses.nextInt(20_000_000));
                  slab.remove();
                  fillAll(round.incrementAndGet());
                }
              });
      ByteBuffer target = ByteBuffer.allocateDirect(LARGE);
      while (!writing.isDone() && (whole < 50 || overwritten < 5)) {
        int seen = round.get();
        Optional<SharedView> found = SharedView.of(another(seen, "large"));
        if (found.isPresent()) {
          try (SharedView view = found.get()) {
            // Again and again, until it is used for the next round.
            while (view.read(1, target.clear())) {
              whole++;
              IntBuffer values = target.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
              int last = seen;
              while (values.hasRemaining() && last == seen) {
                last = values.get();
              }
              assertThat(last).isEqualTo(seen);
            }
            overwritten++;
          }
        }
      }
      isEnough.set(true);
      writing.get();
    } finally {
      isEnough.set(true);
      writer.shutdown();
    }
    assertThat(whole).as("blocks read").isGreaterThanOrEqualTo(50);
    assertThat(overwritten).as("blocks overwritten while read").isGreaterThanOrEqualTo(5);
  }

  @Test
  void theMemoryHasNoNameThatCouldBeLeftBehind() throws IOException {
    try (Stream<Path> names = Files.list(SharedMemory.FOLDER)) {
      assertThat(names.filter(name -> name.toString().contains(SharedMemory.prefix()))).isEmpty();
    }
    assertThat(openFiles()).hasSize(1).first().asString().endsWith(" (deleted)");
  }

  @Test
  void processesOfOtherMachinesOrNameSpacesAreNotLookedInto() {
    fill(1, "a", 10);
    Home here = Home.here();
    Home elsewhere =
        new Home("another", here.host(), here.port(), "another machine", here.process());
    Home gone = new Home("another", here.host(), here.port(), here.machine(), Integer.MAX_VALUE);

    assertThat(SharedView.of(new BlockSet(1, "a", elsewhere))).isEmpty();
    assertThat(SharedView.of(new BlockSet(1, "a", gone))).isEmpty();
    assertThat(SharedView.of(new BlockSet(1, "a", here))).as("of this process itself").isEmpty();
  }

  @Test
  void memoryIsNotSharedWhereThatIsOfNoUseOrThereIsNoRoom() {
    assertThat(SparkEnv.get().conf().get("spark.master")).startsWith("local[");
    assertThat(SharedMemory.ifUseful(1)).as("all tasks in one process").isEmpty();
    assertThat(SharedMemory.of(1, Path.of("/no/such/folder"))).isEmpty();
    assertThat(SharedMemory.of(3L << 30, SharedMemory.FOLDER)).isEmpty();
    assertThat(SharedMemory.hasRoom(64 << 20, 64 << 20, 64 << 20)).isFalse();
    assertThat(SharedMemory.hasRoom(90, 100, 100)).isTrue();
    assertThat(SharedMemory.hasRoom(91, 100, 100)).isFalse();
  }

  @Test
  void moreThanTheMemoryHoldsIsRefused() {
    slab.begin(1);
    assertThatThrownBy(() -> slab.next((int) ROOM + 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("A slab of " + ROOM + " bytes has no room for " + (ROOM + 1) + " behind 0");
  }

  private void fillAll(int value) {
    slab.begin(BROADCAST + value);
    for (int slice = 0; slice < 2; slice++) {
      ByteBuffer part = slab.next(LARGE);
      while (part.hasRemaining()) {
        part.putInt(value);
      }
      slab.put(here(value, "large"), slice, part);
    }
    slab.filled();
  }

  /** Gives the set as another process would know it. */
  private BlockSet fill(int broadcast, String label, int... values) {
    slab.begin(BROADCAST + broadcast);
    for (int slice = 0; slice < values.length; slice++) {
      put(here(broadcast, label), slice, values[slice]);
    }
    slab.filled();
    return another(broadcast, label);
  }

  private void put(BlockSet set, int slice, int value) {
    ByteBuffer part = slab.next(Integer.BYTES);
    part.putInt(value);
    slab.put(set, slice, part);
  }

  private static BlockSet here(int broadcast, String label) {
    return new BlockSet(BROADCAST + broadcast, label, Home.here());
  }

  /** With an address at which nobody answers. */
  private static BlockSet another(int broadcast, String label) {
    Home here = Home.here();
    return new BlockSet(
        BROADCAST + broadcast,
        label,
        new Home("another", "127.0.0.1", 1, here.machine(), here.process()));
  }

  private static List<String> openFiles() throws IOException {
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path file : files) {
        if (Files.isSymbolicLink(file)) {
          String name = Files.readSymbolicLink(file).toString();
          if (name.contains(SharedMemory.prefix())) {
            found.add(name);
          }
        }
      }
    }
    return found;
  }
}
