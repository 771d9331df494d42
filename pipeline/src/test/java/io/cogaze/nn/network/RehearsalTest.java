package io.cogaze.nn.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.kernel.Arena;
import io.cogaze.nn.kernel.NativeLibrary;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

final class RehearsalTest {
  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  @Test
  void itComputesAndLeavesOtherThreadsTheirMemoryRandomNumbersAndNativeThreads() throws Exception {
    int threads = Nd4j.getEnvironment().maxThreads();
    int own = NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads();
    Nd4j.getRandom().setSeed(7);
    double expected = Nd4j.getRandom().nextDouble();
    Nd4j.getRandom().setSeed(7);
    long held = Arena.heldBytes();
    long used = Arena.usedBytes();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      // What fails there fails here.
      Future<?> done = thread.submit(Rehearsal::compute);
      done.get();
    } finally {
      thread.shutdown();
    }

    assertThat(Arena.heldBytes()).isEqualTo(held);
    assertThat(Arena.usedBytes()).isEqualTo(used);
    assertThat(Nd4j.getRandom().nextDouble()).isEqualTo(expected);
    assertThat(Nd4j.getEnvironment().maxThreads()).isEqualTo(threads);
    assertThat(NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads())
        .isEqualTo(own);
  }

  @Test
  void itIsStartedOnceInAProcess() throws InterruptedException {
    Rehearsal.start();
    Rehearsal.start();

    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("cogaze-rehearsal")))
        .hasSizeLessThanOrEqualTo(1);
  }
}
