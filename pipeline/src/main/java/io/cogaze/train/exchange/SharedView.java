package io.cogaze.train.exchange;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A set of blocks in the memory of another process of this machine that this one may look into.
 * What is read is whole: the owner says before it writes to the memory again, and that is looked at
 * after each block.
 */
final class SharedView implements AutoCloseable {
  private final FileChannel file;
  private final long generation;
  private final Map<Integer, SharedMemory.Entry> entries;

  private SharedView(FileChannel file, long generation, Map<Integer, SharedMemory.Entry> entries) {
    this.file = file;
    this.generation = generation;
    this.entries = entries;
  }

  /**
   * Of a set, if its process is another one of this machine and shares it. What stands in the way
   * is no error: blocks can be had by the network.
   */
  static Optional<SharedView> of(BlockSet set) {
    Home here = Home.here();
    Home home = set.home();
    if (home.equals(here) || here.machine().isEmpty() || !here.machine().equals(home.machine())) {
      return Optional.empty();
    }
    String prefix = SharedMemory.FOLDER.resolve(SharedMemory.prefix()).toString();
    Path files = Path.of("/proc/" + home.process() + "/fd");
    try (DirectoryStream<Path> open = Files.newDirectoryStream(files)) {
      for (Path each : open) {
        Optional<SharedView> found = open(each, prefix, set);
        if (found.isPresent()) {
          return found;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // The process is gone, or not to be looked into.
      return Optional.empty();
    }
    return Optional.empty();
  }

  private static Optional<SharedView> open(Path each, String prefix, BlockSet set) {
    FileChannel file = null;
    Optional<SharedView> found = Optional.empty();
    try {
      // Only what is known by its name is opened: opening a pipe or a device is not without effect.
      if (Files.readSymbolicLink(each).toString().startsWith(prefix)) {
        file = FileChannel.open(each, READ);
        found = read(file, set);
      }
    } catch (IOException e) {
      // Closed meanwhile.
      found = Optional.empty();
    } finally {
      if (file != null && found.isEmpty()) {
        close(file);
      }
    }
    return found;
  }

  private static Optional<SharedView> read(FileChannel file, BlockSet set) throws IOException {
    ByteBuffer fixed = ByteBuffer.allocate(SharedMemory.FIXED_BYTES);
    long generation = generation(file);
    if (!fill(file, fixed, 0) || fixed.getLong() != SharedMemory.MAGIC) {
      return Optional.empty();
    }
    fixed.position(2 * Long.BYTES);
    long broadcast = fixed.getLong();
    int count = fixed.getInt();
    int label = fixed.getInt();
    if (generation == 0
        || broadcast != set.broadcast()
        || count < 0
        || count > SharedMemory.MOST_BLOCKS
        || label < 0
        || label > fixed.remaining()) {
      return Optional.empty();
    }
    byte[] name = new byte[label];
    fixed.get(name);
    if (!new String(name, StandardCharsets.UTF_8).equals(set.label())) {
      return Optional.empty();
    }
    ByteBuffer table = ByteBuffer.allocate(count * SharedMemory.ENTRY_BYTES);
    if (!fill(file, table, SharedMemory.FIXED_BYTES) || generation(file) != generation) {
      return Optional.empty();
    }
    Map<Integer, SharedMemory.Entry> entries = new HashMap<>();
    while (table.hasRemaining()) {
      SharedMemory.Entry entry =
          new SharedMemory.Entry(table.getInt(), table.getInt(), table.getLong());
      entries.put(entry.slice(), entry);
    }
    return Optional.of(new SharedView(file, generation, entries));
  }

  /** Bytes of a block, if it is there. */
  Optional<Integer> bytes(int slice) {
    return Optional.ofNullable(entries.get(slice)).map(SharedMemory.Entry::bytes);
  }

  /**
   * Copies a block to where the target's bytes begin, up to its limit. False when the memory is
   * used again; what the target has then is worth nothing.
   */
  boolean read(int slice, ByteBuffer target) {
    try {
      return fill(file, target, entries.get(slice).at()) && generation(file) == generation;
    } catch (ClosedByInterruptException e) {
      throw new IllegalStateException("Interrupted while reading a slice of a state", e);
    } catch (IOException e) {
      return false;
    }
  }

  /** Neither what was read before nor what is read after can be from the other side of it. */
  private static long generation(FileChannel file) throws IOException {
    VarHandle.fullFence();
    ByteBuffer generation = ByteBuffer.allocate(Long.BYTES);
    boolean isThere = fill(file, generation, SharedMemory.GENERATION_AT);
    VarHandle.fullFence();
    return isThere ? generation.getLong() : 0;
  }

  private static boolean fill(FileChannel file, ByteBuffer target, long from) throws IOException {
    long at = from;
    while (target.hasRemaining()) {
      int read = file.read(target, at);
      if (read < 0) {
        return false;
      }
      at += read;
    }
    target.flip();
    return true;
  }

  private static void close(FileChannel file) {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    close(file);
  }
}
