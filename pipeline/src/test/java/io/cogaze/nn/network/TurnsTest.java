package io.cogaze.nn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.run.Versions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which tasks of a process compute at once. */
final class TurnsTest {
  private static final long SECONDS = 60;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  @Test
  void tasksTakeTurnsWithTheReleaseThatCannotDoOtherwiseAndWithNoOther() {
    assertThat(Turns.areOneAtATime()).isEqualTo(Versions.current().dl4j().equals("1.0.0-M1.1"));
  }

  @Test
  void whereOneComputesAtATimeAnotherWaitsForItsEnd() throws Exception {
    Turns turns = Turns.oneAtATime();
    AtomicBoolean hasBegun = new AtomicBoolean();
    Thread other =
        new Thread(
            () ->
                turns.take(
                    () -> {
                      hasBegun.set(true);
                      return "";
                    }));

    boolean begunMeanwhile =
        turns.take(
            () -> {
              other.start();
              await()
                  .atMost(SECONDS, TimeUnit.SECONDS)
                  .until(() -> other.getState() == Thread.State.WAITING || hasBegun.get());
              return hasBegun.get();
            });
    other.join(TimeUnit.SECONDS.toMillis(SECONDS));

    assertThat(begunMeanwhile).isFalse();
    assertThat(hasBegun).isTrue();
  }

  @Test
  void whereOneComputesAtATimeNoTwoOfManyEverDo() throws Exception {
    Turns turns = Turns.oneAtATime();
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    int tasks = 4;
    int batches = 1000;
    ExecutorService pool = Executors.newFixedThreadPool(tasks);
    try {
      CyclicBarrier start = new CyclicBarrier(tasks);
      List<Future<Integer>> all = new ArrayList<>();
      for (int task = 0; task < tasks; task++) {
        all.add(
            pool.submit(
                () -> {
                  start.await(SECONDS, TimeUnit.SECONDS);
                  int done = 0;
                  for (int batch = 0; batch < batches; batch++) {
                    done +=
                        turns.take(
                            () -> {
                              most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                              inside.decrementAndGet();
                              return 1;
                            });
                  }
                  return done;
                }));
      }
      for (Future<Integer> one : all) {
        assertThat(one.get(SECONDS, TimeUnit.SECONDS)).isEqualTo(batches);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(most).hasValue(1);
  }

  @Test
  void whereAllComputeAtOnceTwoMeetWhileTheyDo() throws Exception {
    Turns turns = Turns.allAtOnce();
    CountDownLatch bothThere = new CountDownLatch(2);
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      List<Future<Boolean>> all = new ArrayList<>();
      for (int task = 0; task < 2; task++) {
        all.add(
            pool.submit(
                () ->
                    turns.take(
                        () -> {
                          bothThere.countDown();
                          return cameInTime(bothThere);
                        })));
      }
      for (Future<Boolean> one : all) {
        assertThat(one.get()).isTrue();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void aTaskThatFailsGivesItsTurnBack() throws Exception {
    Turns turns = Turns.oneAtATime();
    IllegalStateException failure = new IllegalStateException("not finite");

    assertThatThrownBy(
            () ->
                turns.take(
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure)
        .hasMessage("not finite");

    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      assertThat(other.submit(() -> turns.take(() -> 7)).get(SECONDS, TimeUnit.SECONDS))
          .isEqualTo(7);
    } finally {
      other.shutdownNow();
    }
  }

  @Test
  void workWithinATurnIsInTheSameTurn() {
    Turns turns = Turns.oneAtATime();

    assertThat(turns.take(() -> turns.take(() -> 7))).isEqualTo(7);
  }

  private static boolean cameInTime(CountDownLatch latch) {
    try {
      return latch.await(SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
