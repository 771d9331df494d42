package io.cogaze.nn.kernel;

import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * Memory for activations and their gradients, taken from the system once and handed out again and
 * again, aligned to cache lines. ND4J's own workspaces give most of theirs back in every step of
 * the first minutes, and keep one of full size for each depth of nesting.
 *
 * <p>An array lives as long as the workspace that it was asked for stays open, which is
 * Deeplearning4j's own rule for its lifetime, or until it is released before that. An arena belongs
 * to one thread at a time; a thread without one takes over that of a thread that has none of its
 * arrays in use any more.
 */
public final class Arena {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final List<Arena> ALL = new ArrayList<>();
  private static final ThreadLocal<Arena> OF_THREAD = new ThreadLocal<>();

  /**
   * The least that is asked of the system at a time; untouched pages of it take no memory. It is
   * more than inference takes at all, and training in one or two pieces: a piece that is too small
   * for the next array is dropped when nothing lies in it, but takes memory until Java collects it.
   */
  private static final long SLAB_BYTES = 1L << 30;

  /** Values of an array; no machine has memory for more. */
  private static final long MOST_VALUES = 1L << 48;

  private static final int KNOWN_ARRAYS = 1 << 14;
  private static final Slab SMALLEST = new Slab();

  private final List<Slab> slabs = new ArrayList<>();
  private final NavigableSet<Block> free = new TreeSet<>(Block::compareTo);
  private final Map<Long, Block> used = new HashMap<>();
  private final IdentityHashMap<MemoryWorkspace, Scope> scopes = new IdentityHashMap<>();

  /** Every step asks for the same shapes at the same places, and making an array takes time. */
  private final Map<Place, INDArray> arrays =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, INDArray> eldest) {
          return size() > KNOWN_ARRAYS;
        }
      };

  private Thread owner;
  private long lives;

  /** From the time when memory is expected to be used until it is. */
  private TouchAhead ahead;

  private Arena(Thread owner) {
    this.owner = owner;
  }

  /** Where an array begins, and a hash of its shape. */
  private record Place(long address, int shape) {}

  /** The arrays that were asked for while a workspace was open. */
  private static final class Scope {
    private long generation;
    private final List<Hold> holds = new ArrayList<>();
  }

  /** That a scope keeps a block, in one of the lives of the block. */
  private record Hold(Block block, long life) {}

  /** A piece of a slab, free or in use. */
  private static final class Block implements Comparable<Block> {
    private final Slab slab;
    private long from;
    private long bytes;
    private boolean isFree;
    private int holders;
    private long life;
    private long filled;
    private Block before;
    private Block after;

    Block(Slab slab, long from, long bytes) {
      this.slab = slab;
      this.from = from;
      this.bytes = bytes;
    }

    long address() {
      return slab.address + from;
    }

    /** By size, so that the smallest that fits is found; then by place. */
    @Override
    public int compareTo(Block other) {
      int bySize = Long.compare(bytes, other.bytes);
      return bySize != 0 ? bySize : Long.compareUnsigned(address(), other.address());
    }

    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  /** Memory from the system, freed when no array lies in it any more. */
  private static final class Slab {
    private final DataBuffer buffer;
    private final long address;
    private final long bytes;

    /** A slab without memory, at the lowest address: a bound to compare with. */
    private Slab() {
      this.buffer = null;
      this.address = 0;
      this.bytes = 0;
    }

    Slab(long bytes) {
      NativeOps ops = NativeOpsHolder.getInstance().getDeviceNativeOps();
      Pointer memory = memory(ops, bytes);
      FloatPointer floats = new FloatPointer(memory);
      this.bytes = bytes;
      this.buffer =
          Nd4j.createBuffer(floats, (bytes + AlignedArrays.BYTES) / Float.BYTES, DataType.FLOAT);
      long start = memory.address();
      this.address = start + (AlignedArrays.BYTES - start % AlignedArrays.BYTES);
      CLEANER.register(buffer, new Release(ops, start));
    }

    private static Pointer memory(NativeOps ops, long bytes) {
      Pointer memory = null;
      RuntimeException cause = null;
      try {
        memory = ops.mallocHost(bytes + AlignedArrays.BYTES, 0);
      } catch (RuntimeException e) {
        // Of the native library, which in ND4J 1.0.0-M1.1 throws where it has nothing to give.
        cause = e;
      }
      if (memory == null || memory.isNull()) {
        Error none =
            new OutOfMemoryError(
                "The system has no " + bytes + " bytes for activations; take smaller batches");
        none.initCause(cause);
        throw none;
      }
      return memory;
    }

    INDArray array(long from, long[] shape) {
      long[] strides = new long[shape.length];
      long length = 1;
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        strides[axis] = length;
        length *= shape[axis];
      }
      long start = buffer.addressPointer().address();
      return Nd4j.create(buffer, shape, strides, (address + from - start) / Float.BYTES, 'c');
    }
  }

  /** Gives a slab back to the system. */
  private record Release(NativeOps ops, long address) implements Runnable {
    @Override
    public void run() {
      ops.freeHost(
          new Pointer((Pointer) null) {
            {
              address = Release.this.address;
            }
          });
    }
  }

  /**
   * An array of FLOAT that lives until the workspace is closed; not cleared.
   *
   * <p>Errors: as {@link #growing}.
   *
   * @param workspace open, of the calling thread
   */
  public static INDArray take(MemoryWorkspace workspace, long... shape) {
    return growing(workspace, length(shape), shape);
  }

  /**
   * Says that arrays of the calling thread will take at least so many bytes at a time. If its arena
   * has no memory yet, it asks for it now, and the system hands out the pages while the thread does
   * other things, until it takes the first array. Nobody else takes the arena over meanwhile. Does
   * nothing where arrays are not in the host's memory.
   *
   * <p>Errors: OutOfMemoryError when the system has not that much.
   *
   * @param bytes not more than will be taken, because all of it may be touched
   */
  public static void expect(long bytes) {
    if (bytes <= 0 || Backend.current() != Backend.CPU) {
      return;
    }
    // Its start names the class that gives memory; until here nothing may have asked for it.
    Nd4j.factory();
    Arena arena = ofThread();
    synchronized (arena) {
      if (arena.owner == Thread.currentThread() && arena.slabs.isEmpty()) {
        Slab slab = arena.add(bytes);
        arena.free(new Block(slab, 0, slab.bytes));
        arena.ahead = TouchAhead.start(slab.buffer, bytes);
      }
    }
  }

  /**
   * Gives the calling thread, which has no arrays yet, an arena that ends with the thread: nobody
   * takes it over, so that short work leaves others the memory that they would have had without it.
   */
  public static void keepApart() {
    OF_THREAD.set(new Arena(Thread.currentThread()));
  }

  private void stopTouching() {
    if (ahead != null) {
      ahead.stop();
      ahead = null;
    }
  }

  /** See {@link Buffers#grown}. */
  public static Optional<INDArray> grown(MemoryWorkspace workspace, INDArray array, long... shape) {
    return shared(workspace, array, shape, true);
  }

  /** See {@link Buffers#cut}. */
  public static Optional<INDArray> cut(MemoryWorkspace workspace, INDArray array, long... shape) {
    return shared(workspace, array, shape, false);
  }

  private static Optional<INDArray> shared(
      MemoryWorkspace workspace, INDArray array, long[] shape, boolean grows) {
    requireOpen(workspace);
    Arena arena = OF_THREAD.get();
    if (arena == null) {
      return Optional.empty();
    }
    synchronized (arena) {
      if (arena.owner != Thread.currentThread()) {
        return Optional.empty();
      }
      arena.collect();
      Block block = arena.used.get(array.data().addressPointer().address());
      long length = length(shape);
      if (block == null || length > block.bytes / Float.BYTES) {
        return Optional.empty();
      }
      if (grows) {
        if (array.length() != block.filled || length < block.filled) {
          return Optional.empty();
        }
        block.filled = length;
      }
      arena.hold(workspace, block);
      return Optional.of(arena.array(block, shape));
    }
  }

  /**
   * As {@link #take}, with memory behind the array that {@link #grown} may use.
   *
   * <p>Errors: IllegalStateException when the workspace is not open or is another thread's;
   * IllegalArgumentException for a negative size, more than 2^48 values, or a capacity below the
   * shape's; OutOfMemoryError when the system has not that much.
   *
   * @param workspace open, of the calling thread
   * @param capacity values to which the array may grow; not below those that it begins with
   */
  public static INDArray growing(MemoryWorkspace workspace, long capacity, long... shape) {
    requireOpen(workspace);
    if (capacity < length(shape) || capacity > MOST_VALUES) {
      throw new IllegalArgumentException(
          "An array of shape "
              + Arrays.toString(shape)
              + " needs memory for "
              + length(shape)
              + " to 2^48 values, not for "
              + capacity);
    }
    while (true) {
      Arena arena = ofThread();
      synchronized (arena) {
        if (arena.owner == Thread.currentThread()) {
          return arena.takeOwned(workspace, capacity, shape);
        }
      }
      OF_THREAD.remove();
    }
  }

  /** The life of an array ends with its workspace, and only that one's own thread closes it. */
  private static void requireOpen(MemoryWorkspace workspace) {
    if (!workspace.isScopeActive()) {
      throw new IllegalStateException(
          "Workspace " + workspace.getId() + " is not open: nothing bounds the array's life");
    }
    Long thread = workspace.getThreadId();
    if (thread != null && thread != Thread.currentThread().getId()) {
      throw new IllegalStateException(
          "Workspace "
              + workspace.getId()
              + " belongs to the thread with the number "
              + thread
              + ", not to "
              + Thread.currentThread().getName()
              + ", which asks for an array in it");
    }
  }

  private static long length(long[] shape) {
    long length = 1;
    for (long size : shape) {
      if (size < 0 || (size > 0 && length > MOST_VALUES / size)) {
        throw new IllegalArgumentException(
            "An array of shape "
                + Arrays.toString(shape)
                + " cannot be: sizes must be at least 0, and their product at most 2^48");
      }
      length *= size;
    }
    return length;
  }

  /** Ends the life of an array before its workspace is closed; does nothing for other arrays. */
  public static void release(INDArray array) {
    Arena arena = OF_THREAD.get();
    if (arena != null && array != null) {
      synchronized (arena) {
        if (arena.owner == Thread.currentThread()) {
          Block block = arena.used.remove(array.data().addressPointer().address());
          if (block != null) {
            block.holders = 0;
            arena.free(block);
          }
        }
      }
    }
  }

  /** Bytes that the arenas of this process hold, in use or not. */
  public static long heldBytes() {
    synchronized (ALL) {
      long held = 0;
      for (Arena arena : ALL) {
        synchronized (arena) {
          for (Slab slab : arena.slabs) {
            held += slab.bytes;
          }
        }
      }
      return held;
    }
  }

  /** Bytes of all arrays of this process's arenas that are in use. */
  public static long usedBytes() {
    synchronized (ALL) {
      long sum = 0;
      for (Arena arena : ALL) {
        synchronized (arena) {
          arena.collect();
          for (Block block : arena.used.values()) {
            sum += block.bytes;
          }
        }
      }
      return sum;
    }
  }

  private static Arena ofThread() {
    Arena arena = OF_THREAD.get();
    if (arena == null) {
      arena = adopt();
      OF_THREAD.set(arena);
    }
    return arena;
  }

  private static Arena adopt() {
    Thread current = Thread.currentThread();
    synchronized (ALL) {
      for (Arena arena : ALL) {
        synchronized (arena) {
          if (arena.isIdle()) {
            arena.owner = current;
            return arena;
          }
        }
      }
      Arena arena = new Arena(current);
      ALL.add(arena);
      return arena;
    }
  }

  private boolean isIdle() {
    if (!owner.isAlive()) {
      stopTouching();
      scopes.clear();
      List<Block> left = new ArrayList<>(used.values());
      used.clear();
      left.forEach(this::free);
      return true;
    }
    collect();
    return used.isEmpty() && ahead == null;
  }

  private INDArray takeOwned(MemoryWorkspace workspace, long capacity, long[] shape) {
    stopTouching();
    collect();
    long lines = (capacity * Float.BYTES + AlignedArrays.BYTES - 1) / AlignedArrays.BYTES;
    Block block = piece(Math.max(1, lines) * AlignedArrays.BYTES);
    block.life = ++lives;
    block.holders = 0;
    block.filled = length(shape);
    used.put(block.address(), block);
    hold(workspace, block);
    return array(block, shape);
  }

  private void hold(MemoryWorkspace workspace, Block block) {
    Scope scope = scopes.computeIfAbsent(workspace, key -> new Scope());
    scope.generation = workspace.getGenerationId();
    scope.holds.add(new Hold(block, block.life));
    block.holders++;
  }

  private INDArray array(Block block, long[] shape) {
    Place place = new Place(block.address(), Arrays.hashCode(shape));
    INDArray known = arrays.get(place);
    if (known == null || !Arrays.equals(known.shape(), shape)) {
      known = block.slab.array(block.from, shape);
      arrays.put(place, known);
    }
    return known;
  }

  /** Frees what was asked for in workspaces that were closed since. */
  private void collect() {
    Iterator<Map.Entry<MemoryWorkspace, Scope>> entries = scopes.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<MemoryWorkspace, Scope> entry = entries.next();
      MemoryWorkspace workspace = entry.getKey();
      Scope scope = entry.getValue();
      if (!workspace.isScopeActive() || workspace.getGenerationId() != scope.generation) {
        for (Hold hold : scope.holds) {
          Block block = hold.block;
          if (block.life == hold.life && --block.holders == 0) {
            used.remove(block.address());
            free(block);
          }
        }
        entries.remove();
      }
    }
  }

  private Block piece(long bytes) {
    Block found = free.ceiling(new Block(SMALLEST, 0, bytes));
    if (found == null) {
      dropIdleSlabs();
      Slab slab = add(bytes);
      found = new Block(slab, 0, slab.bytes);
    } else {
      free.remove(found);
    }
    found.isFree = false;
    if (found.bytes > bytes) {
      Block rest = new Block(found.slab, found.from + bytes, found.bytes - bytes);
      rest.before = found;
      rest.after = found.after;
      if (rest.after != null) {
        rest.after.before = rest;
      }
      found.after = rest;
      found.bytes = bytes;
      rest.isFree = true;
      free.add(rest);
    }
    return found;
  }

  /** A new slab with room for twice the bytes. */
  private Slab add(long bytes) {
    Slab slab = new Slab(Math.max(SLAB_BYTES, 2 * bytes));
    slabs.add(slab);
    return slab;
  }

  /** Gives back what an earlier network needed and this one does not fit into. */
  private void dropIdleSlabs() {
    Iterator<Block> blocks = free.iterator();
    while (blocks.hasNext()) {
      Block block = blocks.next();
      if (block.bytes == block.slab.bytes) {
        slabs.remove(block.slab);
        blocks.remove();
        arrays.clear();
      }
    }
  }

  /** Puts a block back, joined with free neighbours. */
  private void free(Block block) {
    Block whole = block;
    Block before = whole.before;
    if (before != null && before.isFree) {
      free.remove(before);
      before.bytes += whole.bytes;
      before.after = whole.after;
      if (whole.after != null) {
        whole.after.before = before;
      }
      whole = before;
    }
    Block after = whole.after;
    if (after != null && after.isFree) {
      free.remove(after);
      whole.bytes += after.bytes;
      whole.after = after.after;
      if (after.after != null) {
        after.after.before = whole;
      }
    }
    whole.isFree = true;
    free.add(whole);
  }
}
