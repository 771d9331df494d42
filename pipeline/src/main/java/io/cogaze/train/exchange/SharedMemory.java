package io.cogaze.train.exchange;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.StorageUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory of this process that others of its user on the same machine may read ({@link SharedView}),
 * so that between executors of one machine no bytes go through sockets: a file of Linux's {@code
 * /dev/shm} that has no name any more once it is open, and so ends with its last user, however that
 * ends. Readers find it among the files that this process has open. It begins with a header that
 * says which blocks lie where, and is empty while they are written.
 */
final class SharedMemory {
  /** {@code false} keeps memory to each process. */
  static final String PROPERTY = "spark.cogaze.exchange.sharedMemory";

  static final Path FOLDER = realPath(Path.of("/dev/shm"));

  /** Header: what it is, generation, broadcast, number of blocks, bytes of the label, label. */
  static final long MAGIC = 0x434f47415a455832L;

  static final int GENERATION_AT = Long.BYTES;
  static final int FIXED_BYTES = 1024;

  /** An entry of the header: slice, bytes, where. */
  static final int ENTRY_BYTES = 2 * Integer.BYTES + Long.BYTES;

  private static final int HEADER_BYTES = 1 << 18;
  static final int MOST_BLOCKS = (HEADER_BYTES - FIXED_BYTES) / ENTRY_BYTES;
  private static final int ZEROS = 1 << 20;
  private static final Logger LOG = LoggerFactory.getLogger(SharedMemory.class);
  private static final FileAttribute<Set<PosixFilePermission>> OURS =
      PosixFilePermissions.asFileAttribute(
          EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));

  private final FileChannel file;
  private final MappedByteBuffer all;
  private long generation;

  /**
   * A block.
   *
   * @param slice its number in its set
   * @param at where in the memory
   */
  record Entry(int slice, int bytes, long at) {}

  private SharedMemory(FileChannel file, MappedByteBuffer all) {
    this.file = file;
    this.all = all;
    all.putLong(0, MAGIC);
  }

  /**
   * Memory of so many bytes, if there may be such: not where all tasks are of one process, where
   * the submitter says no, where the system has no place for it, and above 2 GiB.
   */
  static Optional<SharedMemory> ifUseful(long bytes) {
    SparkConf conf = SparkEnv.get().conf();
    boolean oneProcess = conf.get("spark.master", "").matches("local(\\[.*])?");
    boolean isRefused = conf.get(PROPERTY, "true").equalsIgnoreCase("false");
    if (oneProcess || isRefused || Home.here().machine().isEmpty()) {
      return Optional.empty();
    }
    return of(bytes, FOLDER);
  }

  /** Memory of so many bytes in a folder, where it has room for them. */
  static Optional<SharedMemory> of(long bytes, Path folder) {
    if (bytes > Integer.MAX_VALUE - HEADER_BYTES) {
      LOG.info("memory of {} MB is not shared with other processes: too much", bytes >> 20);
      return Optional.empty();
    }
    try {
      FileStore store = Files.getFileStore(folder);
      if (!store.type().equals("tmpfs")) {
        LOG.info("memory is not shared with other processes: {} is of a disk", folder);
        return Optional.empty();
      }
      if (!hasRoom(bytes, store.getUsableSpace(), store.getTotalSpace())) {
        LOG.info(
            "memory of {} MB is not shared with other processes: {} has too little room",
            bytes >> 20,
            folder);
        return Optional.empty();
      }
      return Optional.of(create(bytes, folder));
    } catch (IOException e) {
      LOG.info("memory is not shared with other processes: {}", e.toString());
      return Optional.empty();
    }
  }

  /** Others need some of it too. */
  static boolean hasRoom(long bytes, long usable, long total) {
    return usable - bytes >= total / 10;
  }

  private static SharedMemory create(long bytes, Path folder) throws IOException {
    Path name = folder.resolve(prefix() + UUID.randomUUID());
    FileChannel file = FileChannel.open(name, EnumSet.of(CREATE_NEW, READ, WRITE), OURS);
    try {
      Files.delete(name);
      // A page that is mapped but cannot be had would end the process; one that was written to
      // cannot be missing, and to write fails as it should.
      long length = HEADER_BYTES + bytes;
      ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS);
      for (long at = 0; at < length; ) {
        at += file.write(zeros.clear().limit((int) Math.min(ZEROS, length - at)), at);
      }
      return new SharedMemory(file, file.map(MapMode.READ_WRITE, 0, length));
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /** As the names of open files show it. */
  private static Path realPath(Path folder) {
    try {
      return folder.toRealPath();
    } catch (IOException e) {
      // There is none.
      return folder;
    }
  }

  /** How names of an application's files begin. */
  static String prefix() {
    return "cogaze-" + SparkEnv.get().conf().getAppId() + "-";
  }

  /** What blocks may take. */
  ByteBuffer memory() {
    return all.slice(HEADER_BYTES, all.capacity() - HEADER_BYTES);
  }

  /** From now on nobody finds blocks, and who is reading one notices it. */
  void withdraw() {
    all.putLong(GENERATION_AT, 0);
    // What is written next must not be seen before.
    VarHandle.fullFence();
  }

  /** From now on others find these blocks of a set. */
  void publish(BlockSet set, List<Entry> entries) {
    byte[] label = set.label().getBytes(StandardCharsets.UTF_8);
    if (entries.size() > MOST_BLOCKS || label.length > FIXED_BYTES / 2) {
      return;
    }
    ByteBuffer header = all.duplicate().position(2 * Long.BYTES);
    header.putLong(set.broadcast()).putInt(entries.size()).putInt(label.length).put(label);
    header.position(FIXED_BYTES);
    for (Entry entry : entries) {
      header.putInt(entry.slice()).putInt(entry.bytes()).putLong(HEADER_BYTES + entry.at());
    }
    VarHandle.fullFence();
    all.putLong(GENERATION_AT, ++generation);
  }

  /** Gives the memory back; nobody of this process may use it any more. */
  void free() {
    withdraw();
    StorageUtils.dispose(all);
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
