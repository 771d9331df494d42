package io.cogaze.run;

import io.cogaze.error.RunException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a folder. Files in {@code FOLDER/_lock}: {@code token-N.json} says who holds
 * the lock with fencing token N; {@code heartbeat-N} is rewritten while the holder lives; {@code
 * released-N} says that it gave the lock back. The next holder gets token N + 1. The highest token
 * rules.
 *
 * <p>A lock is taken over when its process is certainly dead (same kernel), or when its last
 * heartbeat is older than the limit, by the file system's own clock, so that machines whose clocks
 * differ cannot err. A holder that was only asleep finds out by {@link #check()}, which every
 * writer calls before it publishes.
 *
 * <p>Making {@code token-N.json} is atomic on local disks and HDFS. Object stores check and create
 * in two steps; there, the holder reads its file back before it goes on, and {@link #check()} does
 * so again, which leaves a window of one request.
 */
public final class RunLock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunLock.class);
  private static final String FOLDER = "_lock";
  private static final Pattern TOKEN = Pattern.compile("token-(\\d{10})\\.json");

  private final FileSystem fs;
  private final Path folder;
  private final Path lockFolder;
  private final LockHolder holder;
  private final long token;
  private final ScheduledExecutorService heart;
  private ScheduledFuture<?> beating;
  private volatile boolean closed;

  private RunLock(FileSystem fs, Path folder, LockHolder holder, long token) {
    this.fs = fs;
    this.folder = folder;
    this.lockFolder = new Path(folder, FOLDER);
    this.holder = holder;
    this.token = token;
    this.heart =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "cogaze-run-lock");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** As the other {@code acquire}, with the default settings. */
  public static RunLock acquire(FileSystem fs, Path folder, String command) {
    return acquire(fs, folder, command, LockSettings.DEFAULT);
  }

  /**
   * Takes the lock of a folder, making the folder if need be; does not wait.
   *
   * @param command what is running, shown to others who want the lock
   *     <p>Errors: {@link RunException} that names the holder's host, process, start time and
   *     command.
   */
  public static RunLock acquire(FileSystem fs, Path folder, String command, LockSettings settings) {
    Path lockFolder = new Path(folder, FOLDER);
    Folders.make(fs, lockFolder);
    try {
      OptionalLong last = highestToken(fs, lockFolder);
      if (last.isPresent()) {
        refuseIfHeld(fs, folder, last.getAsLong(), settings);
      }
      long token = last.orElse(0) + 1;
      LockHolder holder = LockHolder.thisProcess(command, settings);
      Path file = tokenFile(lockFolder, token);
      if (!createNew(fs, file, holder.bytes())) {
        throw held(fs, folder, token);
      }
      RunLock lock = new RunLock(fs, folder, holder, token);
      if (!lock.rules()) {
        lock.heart.shutdownNow();
        throw held(fs, folder, highestToken(fs, lockFolder).orElse(token));
      }
      lock.startOrLeaveNothing(settings);
      return lock;
    } catch (IOException e) {
      throw Folders.cannotWrite(folder, e);
    }
  }

  /** A lock whose first sign of life cannot be written must not keep others out. */
  private void startOrLeaveNothing(LockSettings settings) throws IOException {
    boolean started = false;
    try {
      start(settings);
      started = true;
    } finally {
      if (!started) {
        heart.shutdownNow();
        fs.delete(tokenFile(lockFolder, token), false);
      }
    }
  }

  /** The fencing token: larger than that of every earlier holder. */
  public long token() {
    return token;
  }

  /**
   * Call before publishing anything. Errors: {@link RunException} when another process has taken
   * the lock over, or it was closed.
   */
  public void check() {
    boolean mine;
    try {
      mine = !closed && rules();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot check the lock of " + folder + ": " + e.getMessage(), e);
    }
    if (!mine) {
      throw new RunException(
          """
          Cannot go on writing to %s: this process lost its lock (token %d).
            cause: it gave no sign of life for more than %d s (a long pause of the machine or of garbage \
          collection, or the file system was away), and another process took over
            fix:   leave the folder to the other process; raise cogaze.run.lock-stale-after-seconds if pauses \
          are normal here"""
              .formatted(folder, token, holder.staleAfterSeconds()));
    }
  }

  /** Gives the lock back; harmless when it is lost or closed already. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    beating.cancel(false);
    heart.shutdownNow();
    try {
      if (rules()) {
        giveBack();
      }
    } catch (IOException e) {
      LOG.warn(
          "Could not give back the lock of {}; it expires by itself: {}", folder, e.toString());
    }
  }

  private void giveBack() throws IOException {
    try {
      Json.put(fs, released(lockFolder, token), new byte[0]);
    } catch (IOException e) {
      // A full disk takes no marker, but lets go of the token.
      LOG.warn("Could not mark the lock of {} as free, and delete it: {}", folder, e.toString());
      fs.delete(tokenFile(lockFolder, token), false);
    }
    fs.delete(heartbeat(lockFolder, token), false);
  }

  private void start(LockSettings settings) throws IOException {
    Json.put(fs, heartbeat(lockFolder, token), new byte[0]);
    for (FileStatus status : fs.listStatus(lockFolder)) {
      OptionalLong older = tokenOf(status.getPath());
      if (older.isPresent() && older.getAsLong() < token) {
        fs.delete(heartbeat(lockFolder, older.getAsLong()), false);
        fs.delete(released(lockFolder, older.getAsLong()), false);
        fs.delete(status.getPath(), false);
      }
    }
    long periodMs = settings.lockStaleAfterSeconds() * 1000L / 4;
    beating = heart.scheduleWithFixedDelay(this::beat, periodMs, periodMs, TimeUnit.MILLISECONDS);
  }

  private synchronized void beat() {
    if (closed) {
      return;
    }
    try {
      if (rules()) {
        Json.put(fs, heartbeat(lockFolder, token), new byte[0]);
      } else {
        LOG.error("Lost the lock of {}: another process took it over", folder);
        heart.shutdown();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("Could not renew the lock of {}, will try again: {}", folder, e.toString());
    }
  }

  /** Whether our token file is there with our id, and no higher one is. */
  private boolean rules() throws IOException {
    if (highestToken(fs, lockFolder).orElse(0) != token) {
      return false;
    }
    return read(fs, lockFolder, token).map(LockHolder::id).equals(Optional.of(holder.id()));
  }

  private static void refuseIfHeld(FileSystem fs, Path folder, long token, LockSettings settings)
      throws IOException {
    Path lockFolder = new Path(folder, FOLDER);
    if (fs.exists(released(lockFolder, token))) {
      return;
    }
    Optional<LockHolder> holder = read(fs, lockFolder, token);
    if (holder.isPresent() && holder.get().isCertainlyDead()) {
      LOG.warn("Taking over the lock of {}: its process {} is dead", folder, holder.get().pid());
      return;
    }
    int limit =
        Math.max(
            settings.lockStaleAfterSeconds(), holder.map(LockHolder::staleAfterSeconds).orElse(0));
    long ageMs = ageMs(fs, lockFolder, token);
    if (ageMs <= limit * 1000L) {
      throw held(fs, folder, token);
    }
    LOG.warn("Taking over the lock of {}: no sign of life for {} s", folder, ageMs / 1000);
  }

  /** Since the last sign of life, by the file system's clock. */
  private static long ageMs(FileSystem fs, Path lockFolder, long token) throws IOException {
    Path probe = new Path(lockFolder, "probe-" + UUID.randomUUID());
    Json.put(fs, probe, new byte[0]);
    long now = fs.getFileStatus(probe).getModificationTime();
    fs.delete(probe, false);
    long last = 0;
    for (Path sign : new Path[] {tokenFile(lockFolder, token), heartbeat(lockFolder, token)}) {
      try {
        last = Math.max(last, fs.getFileStatus(sign).getModificationTime());
      } catch (FileNotFoundException e) {
        LOG.debug("No {}", sign);
      }
    }
    return now - last;
  }

  private static RunException held(FileSystem fs, Path folder, long token) throws IOException {
    Optional<LockHolder> found = read(fs, new Path(folder, FOLDER), token);
    String who =
        found
            .map(
                h ->
                    "%s, process %d, started %s, writing since %s, command: %s"
                        .formatted(
                            h.host(),
                            h.pid(),
                            h.processStart().isEmpty() ? "(unknown)" : h.processStart(),
                            h.since(),
                            h.command()))
            .orElse("a process that is just starting");
    int limit = found.map(LockHolder::staleAfterSeconds).orElse(0);
    return new RunException(
        """
        Cannot write to %s: another process is writing there.
          holder: %s
          cause:  a scheduler started the step again while the first attempt still runs, or two users chose the \
        same folder
          fix:    wait for it or end it, or use another folder. If it is dead, the lock expires %d s after its \
        last sign of life"""
            .formatted(folder, who, limit));
  }

  private static Optional<LockHolder> read(FileSystem fs, Path lockFolder, long token)
      throws IOException {
    try {
      return LockHolder.parse(Json.get(fs, tokenFile(lockFolder, token)));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  /** False if the file is there already. */
  private static boolean createNew(FileSystem fs, Path file, byte[] content) throws IOException {
    if (fs.getUri().getScheme().equals("file")) {
      // Hadoop's local file system looks first and creates afterwards; the operating system has
      // one call for both.
      java.nio.file.Path local = java.nio.file.Path.of(file.toUri().getPath());
      try {
        write(
            fs,
            file,
            Files.newOutputStream(local, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            content);
        return true;
      } catch (java.nio.file.FileAlreadyExistsException e) {
        return false;
      }
    }
    FSDataOutputStream out;
    try {
      out = fs.create(file, false);
    } catch (IOException e) {
      // Which exception says "exists" differs between file systems and moments.
      if (fs.exists(file)) {
        return false;
      }
      throw e;
    }
    write(fs, file, out, content);
    return true;
  }

  /** Leaves nothing behind where it fails, for half a token would hold the lock for a while. */
  private static void write(FileSystem fs, Path file, OutputStream to, byte[] content)
      throws IOException {
    boolean whole = false;
    try {
      try (to) {
        to.write(content);
      }
      whole = true;
    } finally {
      if (!whole) {
        fs.delete(file, false);
      }
    }
  }

  private static OptionalLong highestToken(FileSystem fs, Path lockFolder) throws IOException {
    long highest = 0;
    for (FileStatus status : fs.listStatus(lockFolder)) {
      highest = Math.max(highest, tokenOf(status.getPath()).orElse(0));
    }
    return highest == 0 ? OptionalLong.empty() : OptionalLong.of(highest);
  }

  private static OptionalLong tokenOf(Path file) {
    Matcher name = TOKEN.matcher(file.getName());
    return name.matches() ? OptionalLong.of(Long.parseLong(name.group(1))) : OptionalLong.empty();
  }

  private static Path tokenFile(Path lockFolder, long token) {
    return new Path(lockFolder, "token-%010d.json".formatted(token));
  }

  private static Path heartbeat(Path lockFolder, long token) {
    return new Path(lockFolder, "heartbeat-%010d".formatted(token));
  }

  private static Path released(Path lockFolder, long token) {
    return new Path(lockFolder, "released-%010d".formatted(token));
  }
}
