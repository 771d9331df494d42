package io.cogaze.train.exchange;

import io.cogaze.nn.kernel.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.io.ChunkedByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import scala.reflect.ClassTag$;

/**
 * A piece of memory outside the heap whose parts become blocks. Spark's storage takes the blocks as
 * they lie, without a copy, counts them, and puts them to disk where it has no room. The memory can
 * be used again when all of its blocks are removed, which Spark does not do before their last
 * reader is through. Filled by one thread.
 */
public final class Slab implements AutoCloseable {
  /** Parts begin at multiples of this. */
  static final int LINE = 64;

  private final Optional<SharedMemory> shared;
  private BytePointer memory;
  private final long capacity;
  private final List<BlockId> blocks = new ArrayList<>();

  /** What became blocks of which set, as others are told. */
  private final List<SharedMemory.Entry> entries = new ArrayList<>();

  private BlockSet lastSet;
  private long used;
  private volatile boolean filling;
  private boolean wasUsed;
  private long broadcast;

  Slab(long capacity) {
    this(capacity, SharedMemory.ifUseful(capacity));
  }

  Slab(long capacity, Optional<SharedMemory> shared) {
    this.capacity = capacity;
    this.shared = shared;
    this.memory =
        shared
            .map(memory -> new BytePointer(memory.memory()))
            .orElseGet(() -> new BytePointer(Math.max(1, capacity)));
  }

  long capacity() {
    return capacity;
  }

  void begin(long ofBroadcast) {
    shared.ifPresent(SharedMemory::withdraw);
    broadcast = ofBroadcast;
    entries.clear();
    used = 0;
    filling = true;
    wasUsed = true;
  }

  /**
   * The next part, little-endian, to be filled and then {@link #put}. The one before, if that was
   * not put, is of no use any more.
   */
  public ByteBuffer next(int bytes) {
    if (used + bytes > capacity) {
      throw new IllegalStateException(
          "A slab of " + capacity + " bytes has no room for " + bytes + " behind " + used);
    }
    // A buffer of its own: Spark disposes of what it removes, which a part of another cannot bear.
    return NativeMemory.bytes(memory, used, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Makes the last part a block, which others may read from now on. */
  public void put(BlockSet set, int slice, ByteBuffer part) {
    BlockId block = set.block(slice);
    blocks.add(block);
    part.clear();
    lastSet = set;
    entries.add(new SharedMemory.Entry(slice, part.remaining(), used));
    // Whole cache lines, so that two parts never share one.
    used = Math.min(capacity, (used + part.remaining() + LINE - 1) / LINE * LINE);
    SparkEnv spark = SparkEnv.get();
    // Memory outside the heap is counted as such where Spark has been given any; else, as a session
    // that is not ours may be, as if it were of the heap.
    boolean outside = spark.memoryManager().maxOffHeapStorageMemory() > 0;
    spark
        .blockManager()
        .putBytes(
            block,
            new ChunkedByteBuffer(new ByteBuffer[] {part}),
            outside ? StorageLevel.OFF_HEAP() : StorageLevel.MEMORY_AND_DISK_SER(),
            false,
            ClassTag$.MODULE$.Any());
  }

  /** All parts are blocks now, of one set. */
  public void filled() {
    // Nobody else takes or frees it before it is not being filled any more.
    shared.ifPresent(memory -> memory.publish(lastSet, entries));
    filling = false;
  }

  /** Takes back what is not {@link #filled}; else does nothing. */
  @Override
  public void close() {
    if (filling) {
      remove();
      filling = false;
    }
  }

  boolean isFilling() {
    return filling;
  }

  /** Touches all of its memory, before it is used. */
  Slab ready() {
    // Shared memory was written to when it was made.
    if (shared.isEmpty()) {
      Pointer.memset(memory, 0, memory.capacity());
    }
    return this;
  }

  /** Whether it was made ready for later. */
  boolean isSpare() {
    return !wasUsed;
  }

  /** Whether it has, or is being filled with, blocks of a broadcast. */
  boolean isOf(long ofBroadcast) {
    return wasUsed && broadcast == ofBroadcast && !isFree();
  }

  /** Whether its blocks are of none of these broadcasts, but of an older one than the last. */
  boolean isObsolete(SortedSet<Long> alive) {
    return !filling && !alive.isEmpty() && broadcast < alive.last() && !alive.contains(broadcast);
  }

  /** Removes the blocks, waiting for those who read them. */
  void remove() {
    BlockManager storage = SparkEnv.get().blockManager();
    for (BlockId block : blocks) {
      if (isThere(storage, block)) {
        remove(storage, block);
      }
    }
    blocks.clear();
  }

  /**
   * Spark may remove the same block at the same time, because its broadcast is destroyed. Its locks
   * let both in, and the second fails.
   */
  private static void remove(BlockManager storage, BlockId block) {
    try {
      storage.removeBlock(block, false);
    } catch (Exception e) {
      if (isThere(storage, block)) {
        throw new IllegalStateException("Cannot remove block " + block.name(), e);
      }
    }
  }

  /** Whether nobody fills it and all of its blocks are removed. */
  boolean isFree() {
    if (filling) {
      return false;
    }
    BlockManager storage = SparkEnv.get().blockManager();
    blocks.removeIf(block -> !isThere(storage, block));
    return blocks.isEmpty();
  }

  /**
   * Whether Spark still knows a block. It forgets one only when its memory is let go of; the
   * block's status cannot be asked for while another thread removes it.
   */
  private static boolean isThere(BlockManager storage, BlockId block) {
    return storage.blockInfoManager().get(block).isDefined();
  }

  /** Gives the memory back; nobody may use it any more. */
  void free() {
    if (shared.isPresent()) {
      shared.get().free();
    } else {
      memory.deallocate();
    }
    memory = null;
  }
}
