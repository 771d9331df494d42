package io.cogaze.train.exchange;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.apache.spark.SparkEnv;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.shuffle.BlockFetchingListener;
import org.apache.spark.storage.BlockData;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import scala.Option;

/**
 * Blocks in the order in which they are wanted: those of this process where they lie, those of
 * others on this machine from memory that they share, the rest by Spark's block transfer, a number
 * of them on the way at a time. For one thread.
 */
public final class BlockFetch implements AutoCloseable {
  private final List<Wanted> wanted;
  private final int window;
  private final Home here = Home.here();
  private final BlockManager storage = SparkEnv.get().blockManager();
  private final Set<Home> gone = new HashSet<>();
  private final Map<BlockSet, Optional<SharedView>> views = new HashMap<>();
  private final Deque<ByteBuffer> scratch = new ArrayDeque<>();
  private int asked;
  private int given;
  private final Map<String, Long> fetched = new TreeMap<>();
  private long ofItShared;

  /** What came: a buffer that is kept, or why it did not come. Guarded by itself. */
  private final Object[] came;

  private final boolean[] isAsked;
  private boolean closed;

  /**
   * A block that is wanted.
   *
   * @param slice its number in its set
   * @param places where to look for it, the best first
   */
  public record Wanted(int slice, List<BlockSet> places) {
    /** In one place only. */
    public Wanted(int slice, BlockSet place) {
      this(slice, List.of(place));
    }
  }

  /** Bytes of a block, until it is closed. */
  public final class Piece implements AutoCloseable {
    private final ByteBuffer here;
    private final boolean isInRoom;
    private final ByteBuf fetched;
    private final Runnable release;
    private ByteBuffer copy;

    private Piece(ByteBuffer here, boolean isInRoom, ByteBuf fetched, Runnable release) {
      this.here = here;
      this.isInRoom = isInRoom;
      this.fetched = fetched;
      this.release = release;
    }

    /** How many. */
    public int size() {
      return fetched == null ? here.remaining() : fetched.readableBytes();
    }

    /** From position to limit; not to be written to. */
    public ByteBuffer bytes() {
      if (fetched == null) {
        return here;
      }
      if (copy == null) {
        // What came lies in many small pieces.
        copy = scratch(size());
        copyTo(copy);
        copy.flip();
      }
      return copy;
    }

    /** Copies all of them. */
    public void copyTo(ByteBuffer target) {
      if (fetched == null) {
        target.put(here.duplicate());
      } else {
        fetched.getBytes(fetched.readerIndex(), target);
      }
    }

    @Override
    public void close() {
      if (copy != null) {
        scratch.push(copy);
      }
      release.run();
    }
  }

  /**
   * Nothing is asked for before the first {@link #next}.
   *
   * @param window blocks that may be on the way or waiting, beside those that were given
   */
  public BlockFetch(List<Wanted> wanted, int window) {
    this.wanted = List.copyOf(wanted);
    this.window = Math.max(1, window);
    this.came = new Object[wanted.size()];
    this.isAsked = new boolean[wanted.size()];
  }

  /**
   * The next block. Errors: {@link BlockLostException} when it is in none of its places, {@link
   * IllegalStateException} when the thread is interrupted.
   */
  public Piece next() throws BlockLostException {
    return next(new Room(this::scratch, scratch::push));
  }

  /**
   * Copies the next block. Errors: as {@link #next()}.
   *
   * @param room gives a buffer of so many bytes, at its beginning; asked again when what came there
   *     is worth nothing
   * @return what {@code room} gave last, full
   */
  public ByteBuffer nextInto(IntFunction<ByteBuffer> room) throws BlockLostException {
    try (Piece piece = next(new Room(room, unused -> {}))) {
      if (piece.isInRoom) {
        return piece.here;
      }
      ByteBuffer target = room.apply(piece.size());
      piece.copyTo(target);
      return target.flip();
    }
  }

  /** Where bytes from shared memory come to lie, and what becomes of it when nobody reads them. */
  private record Room(IntFunction<ByteBuffer> of, Consumer<ByteBuffer> unused) {}

  private Piece next(Room room) throws BlockLostException {
    int index = given++;
    ask();
    Wanted block = wanted.get(index);
    Throwable why = null;
    for (int place = 0; place < block.places().size(); place++) {
      BlockSet set = block.places().get(place);
      Optional<Piece> near =
          set.home().equals(here) ? local(set, block.slice()) : shared(set, block.slice(), room);
      if (near.isPresent()) {
        return near.get();
      }
      if (isOnTheWay(index, place)) {
        Object answer = await(index);
        if (answer instanceof ManagedBuffer buffer) {
          return remote(set, buffer);
        }
        why = (Throwable) answer;
        gone.add(set.home());
      }
    }
    throw new BlockLostException(
        index,
        "Slice "
            + block.slice()
            + " of a state is not to be had from "
            + block.places().stream().map(set -> set.home().toString()).toList()
            + (why == null ? "" : ": " + why.getMessage()),
        why);
  }

  /** Whether a block was asked for at its place, or, because it can be, is now. */
  private boolean isOnTheWay(int index, int place) {
    BlockSet set = wanted.get(index).places().get(place);
    if (place == 0 && isAsked[index]) {
      return true;
    }
    if (set.home().equals(here) || gone.contains(set.home())) {
      return false;
    }
    send(set.home(), Map.of(set.block(wanted.get(index).slice()).name(), index));
    return true;
  }

  /** What was fetched from others so far. */
  public Traffic traffic() {
    return new Traffic(here.executor(), fetched, ofItShared);
  }

  private Optional<Piece> local(BlockSet set, int slice) {
    BlockId id = set.block(slice);
    Option<BlockData> found = storage.getLocalBytes(id);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    BlockData data = found.get();
    return Optional.of(
        new Piece(
            data.toByteBuffer(),
            false,
            null,
            () -> storage.releaseLockAndDispose(id, data, Option.empty())));
  }

  private Optional<Piece> shared(BlockSet set, int slice, Room room) {
    Optional<SharedView> view = view(set);
    Optional<Integer> bytes = view.flatMap(found -> found.bytes(slice));
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    ByteBuffer copy = room.of().apply(bytes.get());
    if (!view.get().read(slice, copy)) {
      room.unused().accept(copy);
      return Optional.empty();
    }
    fetched.merge(set.home().executor(), (long) bytes.get(), Long::sum);
    ofItShared += bytes.get();
    return Optional.of(new Piece(copy, true, null, () -> room.unused().accept(copy)));
  }

  private Optional<SharedView> view(BlockSet set) {
    return views.computeIfAbsent(set, SharedView::of);
  }

  private Piece remote(BlockSet set, ManagedBuffer buffer) {
    fetched.merge(set.home().executor(), buffer.size(), Long::sum);
    try {
      ByteBuf bytes = (ByteBuf) buffer.convertToNetty();
      return new Piece(
          null,
          false,
          bytes,
          () -> {
            bytes.release();
            buffer.release();
          });
    } catch (IOException e) {
      buffer.release();
      throw new UncheckedIOException(e);
    }
  }

  private ByteBuffer scratch(int bytes) {
    ByteBuffer found = scratch.poll();
    if (found == null || found.capacity() < bytes) {
      found = ByteBuffer.allocateDirect(bytes);
    }
    return found.clear().limit(bytes);
  }

  /** Asks for blocks ahead, many at once. */
  private void ask() {
    int end = Math.min(wanted.size(), given + window);
    if (asked - given >= window / 2) {
      return;
    }
    Map<Home, List<Integer>> byHome = new LinkedHashMap<>();
    for (; asked < end; asked++) {
      Wanted block = wanted.get(asked);
      BlockSet set = block.places().get(0);
      Home home = set.home();
      if (!home.equals(here)
          && !gone.contains(home)
          && view(set).flatMap(view -> view.bytes(block.slice())).isEmpty()) {
        isAsked[asked] = true;
        byHome.computeIfAbsent(home, any -> new ArrayList<>()).add(asked);
      }
    }
    byHome.forEach(
        (home, indices) -> {
          Map<String, Integer> byName = new LinkedHashMap<>();
          for (int index : indices) {
            Wanted block = wanted.get(index);
            byName.put(block.places().get(0).block(block.slice()).name(), index);
          }
          send(home, byName);
        });
  }

  private void send(Home home, Map<String, Integer> byName) {
    storage
        .blockTransferService()
        .fetchBlocks(
            home.host(),
            home.port(),
            home.executor(),
            byName.keySet().toArray(String[]::new),
            new BlockFetchingListener() {
              @Override
              public void onBlockFetchSuccess(String name, ManagedBuffer data) {
                came(byName.get(name), data);
              }

              @Override
              public void onBlockFetchFailure(String name, Throwable cause) {
                came(byName.get(name), cause);
              }
            },
            null);
  }

  private void came(int index, Object what) {
    synchronized (came) {
      if (!closed) {
        came[index] = what instanceof ManagedBuffer buffer ? buffer.retain() : what;
        came.notifyAll();
      }
    }
  }

  private Object await(int index) {
    synchronized (came) {
      try {
        while (came[index] == null) {
          came.wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while waiting for a slice of a state", e);
      }
      Object found = came[index];
      came[index] = null;
      return found;
    }
  }

  /** Lets go of what came and was not given. */
  @Override
  public void close() {
    synchronized (came) {
      closed = true;
      for (int index = 0; index < came.length; index++) {
        if (came[index] instanceof ManagedBuffer buffer) {
          buffer.release();
        }
        came[index] = null;
      }
    }
    views.values().forEach(view -> view.ifPresent(SharedView::close));
  }
}
