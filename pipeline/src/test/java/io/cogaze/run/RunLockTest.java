package io.cogaze.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.ConfigurationException;
import io.cogaze.error.RunException;
import io.cogaze.train.FaultyFileSystem;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunLockTest {
  @TempDir java.nio.file.Path temporary;

  private LocalFileSystem local;
  private Path folder;

  @BeforeEach
  void open() throws IOException {
    local = FileSystem.getLocal(new Configuration());
    folder = new Path(temporary.toUri().getPath(), "run");
  }

  /** Not of scheme file: takes the way of HDFS and object stores. */
  private static final class RemoteFileSystem extends FilterFileSystem {
    RemoteFileSystem(FileSystem fs) {
      super(fs);
    }

    @Override
    public URI getUri() {
      return URI.create("remote:///");
    }
  }

  private FileSystem fileSystem(boolean remote) {
    return remote ? new RemoteFileSystem(local) : local;
  }

  @ParameterizedTest(name = "remote {0}")
  @ValueSource(booleans = {false, true})
  void tokensGrowFromHolderToHolder(boolean remote) {
    FileSystem fs = fileSystem(remote);
    for (long token = 1; token <= 4; token++) {
      try (RunLock lock = RunLock.acquire(fs, folder, "train")) {
        assertThat(lock.token()).isEqualTo(token);
        lock.check();
      }
    }
  }

  @ParameterizedTest(name = "remote {0}")
  @ValueSource(booleans = {false, true})
  void refusesASecondHolderInTheSameProcess(boolean remote) {
    FileSystem fs = fileSystem(remote);
    try (RunLock lock = RunLock.acquire(fs, folder, "train")) {
      assertThatThrownBy(() -> RunLock.acquire(fs, folder, "train"))
          .isInstanceOf(RunException.class)
          .hasMessageContaining("another process is writing there")
          .hasMessageContaining("process " + ProcessHandle.current().pid());
      lock.check();
    }
  }

  @Test
  void aDiskThatIsFullWhileTheLockIsTakenLeavesNoLockBehind() throws IOException {
    FileSystem faulty = FaultyFileSystem.open();
    Path run = FaultyFileSystem.path(temporary.resolve("full"));
    int written = 0;
    boolean taken = false;
    while (!taken) {
      written++;
      FaultyFileSystem.arm(FaultyFileSystem.fullFrom(written, false));
      try (RunLock lock = RunLock.acquire(faulty, run, "train")) {
        taken = lock.token() > 0;
      } catch (RunException e) {
        assertThat(e).hasMessageContaining("No space left on device");
      } finally {
        FaultyFileSystem.disarm();
      }
      try (RunLock lock = RunLock.acquire(faulty, run, "train")) {
        lock.check();
      }
    }
    assertThat(written).isGreaterThan(5);
  }

  @Test
  void aClosedLockPassesNoCheck() {
    RunLock lock = RunLock.acquire(local, folder, "train");
    lock.close();
    lock.close();
    assertThatThrownBy(lock::check).isInstanceOf(RunException.class);
  }

  @Test
  void namesTheProcessThatHoldsTheLockAndTakesOverOnceItIsKilled() throws Exception {
    try (LockHolderProcess other = LockHolderProcess.start(folder, 120)) {
      assertThat(other.answer()).isEqualTo("1");
      String start =
          ProcessHandle.of(other.pid())
              .orElseThrow()
              .info()
              .startInstant()
              .orElseThrow()
              .toString();
      assertThatThrownBy(() -> RunLock.acquire(local, folder, "train"))
          .isInstanceOf(RunException.class)
          .hasMessageContaining("Cannot write to " + folder)
          .hasMessageContaining(java.net.InetAddress.getLocalHost().getHostName())
          .hasMessageContaining("process " + other.pid() + ", started " + start)
          .hasMessageContaining("command: train --run " + folder)
          .hasMessageContaining("expires 120 s after");
      other.kill();
      try (RunLock lock = RunLock.acquire(local, folder, "train")) {
        assertThat(lock.token()).isEqualTo(2);
      }
    }
  }

  @Test
  void aSleepingHolderLosesTheLockAndFindsOutBeforeItPublishes() throws Exception {
    try (LockHolderProcess other = LockHolderProcess.start(folder, 2)) {
      assertThat(other.answer()).isEqualTo("1");
      assertThat(other.order("check")).isEqualTo("mine");
      other.signal("STOP");
      RunLock lock =
          Awaitility.await()
              .atMost(Duration.ofSeconds(30))
              .pollInterval(Duration.ofMillis(200))
              .until(this::tryAcquire, Optional::isPresent)
              .orElseThrow();
      other.signal("CONT");
      assertThat(lock.token()).isEqualTo(2);
      assertThat(other.order("check")).contains("this process lost its lock (token 1)");
      assertThat(other.order("close")).isEqualTo("closed");
      lock.check();
      lock.close();
    }
  }

  private Optional<RunLock> tryAcquire() {
    try {
      return Optional.of(RunLock.acquire(local, folder, "train", new LockSettings(2)));
    } catch (RunException e) {
      return Optional.empty();
    }
  }

  @Test
  void anotherProcessMayTakeALockThatWasGivenBack() throws Exception {
    RunLock.acquire(local, folder, "train").close();
    try (LockHolderProcess other = LockHolderProcess.start(folder, 120)) {
      assertThat(other.answer()).isEqualTo("2");
      assertThat(other.order("close")).isEqualTo("closed");
      try (RunLock lock = RunLock.acquire(local, folder, "train")) {
        assertThat(lock.token()).isEqualTo(3);
      }
    }
  }

  @Test
  void aHolderOnAnotherMachineIsLeftAloneUntilItsSignsOfLifeAreOld() throws IOException {
    LockHolder elsewhere =
        new LockHolder("id", "node-7", "boot pid:[1]", 123, "2026-01-01T00:00:00Z", "now", "x", 60);
    Path token = new Path(folder, "_lock/token-0000000041.json");
    Json.put(local, token, elsewhere.bytes());
    assertThatThrownBy(() -> RunLock.acquire(local, folder, "train", new LockSettings(2)))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("node-7, process 123, started 2026-01-01T00:00:00Z");

    long old = local.getFileStatus(token).getModificationTime() - 59_000;
    local.setTimes(token, old, -1);
    assertThatThrownBy(() -> RunLock.acquire(local, folder, "train", new LockSettings(2)))
        .as("the holder's own limit is 60 s")
        .isInstanceOf(RunException.class);

    local.setTimes(token, old - 60_000, -1);
    try (RunLock lock = RunLock.acquire(local, folder, "train", new LockSettings(2))) {
      assertThat(lock.token()).isEqualTo(42);
    }
  }

  @Test
  void aTokenFileCutOffByADyingWriterHoldsUntilItIsOld() throws IOException {
    Path token = new Path(folder, "_lock/token-0000000001.json");
    Json.put(local, token, new byte[] {'{'});
    assertThatThrownBy(() -> RunLock.acquire(local, folder, "train"))
        .hasMessageContaining("a process that is just starting");
    local.setTimes(token, local.getFileStatus(token).getModificationTime() - 200_000, -1);
    try (RunLock lock = RunLock.acquire(local, folder, "train")) {
      assertThat(lock.token()).isEqualTo(2);
    }
  }

  @Test
  void theHolderKeepsGivingSignsOfLife() throws IOException {
    try (RunLock lock = RunLock.acquire(local, folder, "train", new LockSettings(2))) {
      Path heartbeat = new Path(folder, "_lock/heartbeat-0000000001");
      long old = local.getFileStatus(heartbeat).getModificationTime() - 60_000;
      local.setTimes(heartbeat, old, -1);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> local.getFileStatus(heartbeat).getModificationTime() > old + 50_000);
      lock.check();
    }
  }

  @Test
  void ofManyWhoTryAtOnceExactlyOneHoldsTheLock() throws Exception {
    int contenders = 6;
    ExecutorService pool = Executors.newFixedThreadPool(contenders);
    try {
      for (int round = 1; round <= 15; round++) {
        CyclicBarrier together = new CyclicBarrier(contenders);
        List<Future<Optional<RunLock>>> attempts = new ArrayList<>();
        for (int i = 0; i < contenders; i++) {
          Callable<Optional<RunLock>> attempt =
              () -> {
                together.await();
                return tryAcquire();
              };
          attempts.add(pool.submit(attempt));
        }
        List<RunLock> held = new ArrayList<>();
        for (Future<Optional<RunLock>> attempt : attempts) {
          attempt.get().ifPresent(held::add);
        }
        assertThat(held).as("round %d", round).hasSize(1);
        held.get(0).check();
        held.get(0).close();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void refusesALimitThatIsTooShort() {
    assertThatThrownBy(() -> new LockSettings(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("lock-stale-after-seconds = 1, expected at least 2");
  }

  @Test
  void saysThatTheFolderIsAFile() throws IOException {
    local.create(folder).close();
    assertThatThrownBy(() -> RunLock.acquire(local, folder, "train"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("a part of this path is a file")
        .hasMessageContaining(folder.toString());
  }

  @Test
  void saysThatTheFolderCannotBeMade() {
    FileSystem refusing =
        new FilterFileSystem(local) {
          @Override
          public boolean mkdirs(Path path) {
            return false;
          }
        };
    assertThatThrownBy(() -> RunLock.acquire(refusing, folder, "train"))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("cannot be made")
        .hasMessageContaining("read-only");
  }
}
