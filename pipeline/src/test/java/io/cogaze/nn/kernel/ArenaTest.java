package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ArenaTest {
  private static final WorkspaceConfiguration ANY = WorkspaceConfiguration.builder().build();

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  private static MemoryWorkspace open(String name) {
    return Nd4j.getWorkspaceManager().getAndActivateWorkspace(ANY, name);
  }

  private static long address(INDArray array) {
    return array.data().addressPointer().address();
  }

  @Test
  void arraysAreAlignedAndDoNotOverlapWhileTheirWorkspaceIsOpen() {
    Random random = new Random(5);
    for (int round = 0; round < 20; round++) {
      try (MemoryWorkspace workspace = open("ARENA_TEST")) {
        List<INDArray> arrays = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
          INDArray array = Arena.take(workspace, 1 + random.nextInt(3), 1 + random.nextInt(5000));
          assertThat(AlignedArrays.isAligned(array)).isTrue();
          array.assign(i);
          arrays.add(array);
          if (random.nextInt(4) == 0) {
            INDArray gone = arrays.remove(random.nextInt(arrays.size()));
            Arena.release(gone);
          }
        }
        for (INDArray array : arrays) {
          assertThat(array.minNumber()).isEqualTo(array.maxNumber());
        }
      }
    }
  }

  @Test
  void memoryOfAClosedWorkspaceIsUsedAgain() {
    long first;
    try (MemoryWorkspace workspace = open("ARENA_TEST")) {
      first = address(Arena.take(workspace, 3, 1000));
    }
    long held = Arena.heldBytes();
    try (MemoryWorkspace outer = open("ARENA_OUTER")) {
      INDArray kept = Arena.take(outer, 3, 1000);
      assertThat(address(kept)).isEqualTo(first);
      for (int i = 0; i < 5; i++) {
        try (MemoryWorkspace inner = open("ARENA_TEST")) {
          assertThat(address(Arena.take(inner, 500))).isNotEqualTo(first);
        }
      }
    }
    assertThat(Arena.heldBytes()).isEqualTo(held);
  }

  /** Threads of other tests may end meanwhile and leave theirs too; each is taken over once. */
  @Test
  void aThreadTakesOverWhatAnEndedOneLeft() throws Exception {
    try (MemoryWorkspace workspace = open("ARENA_TEST")) {
      long mine = address(Arena.take(workspace, 100));
      List<Long> others = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Thread thread =
            new Thread(
                () -> {
                  MemoryWorkspace own = open("ARENA_TEST");
                  others.add(address(Arena.take(own, 100)));
                });
        thread.start();
        thread.join();
      }
      assertThat(others).hasSize(20).doesNotContain(mine);
      assertThat(new HashSet<>(others)).hasSizeLessThan(10);
    }
  }

  @Test
  void twoThreadsThatWorkHaveMemoryOfTheirOwn() {
    try (MemoryWorkspace workspace = open("ARENA_TEST")) {
      INDArray mine = Arena.take(workspace, 100).assign(1);
      CompletableFuture.runAsync(
              () -> {
                try (MemoryWorkspace own = open("ARENA_TEST")) {
                  Arena.take(own, 100).assign(2);
                }
              })
          .join();
      assertThat(mine.maxNumber().doubleValue()).isEqualTo(1);
    }
  }

  @Test
  void anArrayGrowsInPlaceOnceAndLivesAsLongAsTheLastThatHoldsIt() {
    try (MemoryWorkspace outer = open("ARENA_OUTER")) {
      INDArray grown;
      INDArray part;
      long address;
      try (MemoryWorkspace inner = open("ARENA_TEST")) {
        INDArray begun = Arena.growing(inner, 300, 100).assign(1);
        address = address(begun);
        grown = Arena.grown(outer, begun, 200).orElseThrow();
        assertThat(Arena.grown(outer, begun, 250)).isEmpty();
        assertThat(Arena.grown(outer, grown, 400)).isEmpty();
        assertThat(address(grown)).isEqualTo(address);
        part = Arena.cut(outer, grown, 50).orElseThrow();
      }
      INDArray other = Arena.take(outer, 300).assign(2);
      assertThat(address(other)).isNotEqualTo(address);
      assertThat(part.sumNumber().doubleValue()).isEqualTo(50);
      assertThat(Arena.cut(outer, Nd4j.create(4), 2)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, 999_999, (1L << 48) + 1, Long.MAX_VALUE})
  void memoryThatIsSmallerThanTheArrayIsRefused(long capacity) {
    try (MemoryWorkspace workspace = open("ARENA_TEST")) {
      assertThatThrownBy(() -> Arena.growing(workspace, capacity, 1_000_000))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "An array of shape [1000000] needs memory for 1000000 to 2^48 values, not for "
                  + capacity);
    }
  }

  static Stream<long[]> impossibleShapes() {
    return Stream.of(
        new long[] {1L << 62},
        new long[] {Long.MAX_VALUE},
        new long[] {1L << 32, 1L << 32},
        new long[] {3, -1},
        new long[] {-(1L << 31), -(1L << 31)});
  }

  @ParameterizedTest
  @MethodSource("impossibleShapes")
  void aShapeWhoseBytesCannotBeCountedIsRefused(long[] shape) {
    try (MemoryWorkspace workspace = open("ARENA_TEST")) {
      INDArray array = Arena.take(workspace, 10);
      assertThatThrownBy(() -> Arena.take(workspace, shape))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("An array of shape " + Arrays.toString(shape) + " cannot be");
      assertThatThrownBy(() -> Arena.grown(workspace, array, shape))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void moreThanTheSystemHasIsAnErrorThatNamesTheBytes() {
    try (MemoryWorkspace workspace = open("ARENA_TEST")) {
      assertThatThrownBy(() -> Arena.take(workspace, 1L << 48))
          .isInstanceOf(OutOfMemoryError.class)
          .hasMessageContaining("The system has no 2251799813685248 bytes");
    }
  }

  @Test
  void nothingIsTakenForTheWorkspaceOfAnotherThread() {
    try (MemoryWorkspace workspace = open("ARENA_TEST")) {
      INDArray mine = Arena.take(workspace, 10);
      CompletableFuture.runAsync(
              () -> {
                assertThatThrownBy(() -> Arena.take(workspace, 10))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(
                        "Workspace ARENA_TEST belongs to the thread with the number")
                    .hasMessageContaining("not to " + Thread.currentThread().getName());
                assertThatThrownBy(() -> Arena.cut(workspace, mine, 5))
                    .isInstanceOf(IllegalStateException.class);
              })
          .join();
    }
  }

  @Test
  void nothingIsTakenForAClosedWorkspace() {
    MemoryWorkspace workspace = open("ARENA_TEST");
    workspace.close();
    assertThatThrownBy(() -> Arena.take(workspace, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Workspace ARENA_TEST is not open");
  }

  /**
   * Runs work on a new thread at a time when no thread's arena is there to be taken over: as long
   * as there is one, another thread keeps it busy.
   */
  private static void whereNoArenaIsIdle(Runnable work) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              long held = Arena.heldBytes();
              try (MemoryWorkspace workspace = open("ARENA_BUSY")) {
                Arena.take(workspace, 1);
                if (Arena.heldBytes() == held) {
                  whereNoArenaIsIdle(work);
                } else {
                  onANewThread(work);
                }
                done.complete(null);
              } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
              }
            });
    thread.start();
    done.join();
  }

  private static void onANewThread(Runnable work) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
                done.complete(null);
              } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
              }
            });
    thread.start();
    try {
      done.join();
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void memoryThatIsExpectedIsThereBeforeTheFirstArray() {
    whereNoArenaIsIdle(
        () -> {
          long before = Arena.heldBytes();
          Arena.expect(3_000_000);
          long held = Arena.heldBytes();
          assertThat(held).isGreaterThanOrEqualTo(before + 3_000_000);
          Arena.expect(4_000_000);
          try (MemoryWorkspace workspace = open("ARENA_TEST")) {
            INDArray array = Arena.take(workspace, 750_000).assign(1);
            assertThat(array.sumNumber().doubleValue()).isEqualTo(750_000);
          }
          Arena.expect(5_000_000);
          assertThat(Arena.heldBytes()).isEqualTo(held);
        });
  }

  @Test
  void memoryThatIsExpectedIsTakenOverAfterItsThreadOnly() {
    whereNoArenaIsIdle(
        () -> {
          Runnable takes =
              () -> {
                try (MemoryWorkspace workspace = open("ARENA_TEST")) {
                  Arena.take(workspace, 1);
                }
              };
          long[] held = new long[1];
          onANewThread(
              () -> {
                Arena.expect(1_000_000);
                held[0] = Arena.heldBytes();
                onANewThread(takes);
                assertThat(Arena.heldBytes()).isGreaterThan(held[0]);
                held[0] = Arena.heldBytes();
              });
          try (MemoryWorkspace busy = open("ARENA_TEST")) {
            Arena.take(busy, 1);
            onANewThread(takes);
          }
          assertThat(Arena.heldBytes()).isEqualTo(held[0]);
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 0})
  void whereNothingIsExpectedNothingIsAskedFor(long bytes) {
    long held = Arena.heldBytes();
    Arena.expect(bytes);
    assertThat(Arena.heldBytes()).isEqualTo(held);
  }

  @Test
  void bytesInUseAreThoseOfOpenWorkspaces() {
    long before = Arena.usedBytes();
    try (MemoryWorkspace workspace = open("ARENA_TEST")) {
      Arena.take(workspace, 1000);
      assertThat(Arena.usedBytes()).isEqualTo(before + 4032);
    }
    assertThat(Arena.usedBytes()).isEqualTo(before);
  }
}
