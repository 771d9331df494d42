package io.cogaze.train.spark;

import io.cogaze.train.exchange.BlockFetch;
import io.cogaze.train.exchange.BlockLostException;
import io.cogaze.train.exchange.BlockSet;
import io.cogaze.train.exchange.Slab;
import io.cogaze.train.exchange.Slabs;
import io.cogaze.train.exchange.StatePlaces;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;

/**
 * Averages the workers' versions of a group of slices and leaves the averages as blocks of this
 * process. Takes the number of a group; gives a {@link GroupResult} as bytes.
 */
final class AverageTask implements Function<Integer, byte[]> {
  private static final long serialVersionUID = 1L;

  private final String stageKey;
  private final TreeMap<Integer, BlockSet> reached;
  private final StatePlaces start;
  private final boolean deltas;
  private final int groups;
  private final long state;
  private final TreeSet<Long> alive;

  /**
   * @param reached by worker, the slices of the state that it reached
   * @param start the round's start
   * @param deltas whether workers' slices are differences from the start
   * @param groups number of groups
   * @param state id of the broadcast whose blocks are the average
   * @param alive as in {@link RoundStart}
   */
  AverageTask(
      String stageKey,
      Map<Integer, BlockSet> reached,
      StatePlaces start,
      boolean deltas,
      int groups,
      long state,
      SortedSet<Long> alive) {
    this.stageKey = stageKey;
    this.reached = new TreeMap<>(reached);
    this.start = start;
    this.deltas = deltas;
    this.groups = groups;
    this.state = state;
    this.alive = new TreeSet<>(alive);
  }

  @Override
  public byte[] call(Integer group) {
    long begin = System.nanoTime();
    int from = StatePlaces.first(group, groups, start.slices());
    int to = StatePlaces.first(group + 1, groups, start.slices());
    List<BlockFetch.Wanted> wanted = new ArrayList<>();
    for (int slice = from; slice < to; slice++) {
      for (BlockSet ofWorker : reached.values()) {
        wanted.add(new BlockFetch.Wanted(slice, ofWorker));
      }
      if (deltas) {
        wanted.add(start.one(slice));
      }
    }
    BlockSet set = BlockSet.ofTask(state, "g" + group, TaskContext.get());
    int window = Math.max(RoundStart.WINDOW, 2 * versions());
    try (BlockFetch fetch = new BlockFetch(wanted, window)) {
      GroupResult result;
      try {
        Averages averages = average(fetch, set, from, to);
        result =
            new GroupResult(
                group,
                List.of(),
                false,
                Optional.of(set),
                averages.examples(),
                averages.bytes(),
                System.nanoTime() - begin,
                fetch.traffic());
      } catch (BlockLostException e) {
        int version = e.index() % versions();
        boolean ofWorker = version < reached.size();
        result =
            new GroupResult(
                group,
                ofWorker ? List.of(List.copyOf(reached.keySet()).get(version)) : List.of(),
                !ofWorker,
                Optional.empty(),
                List.of(),
                0,
                System.nanoTime() - begin,
                fetch.traffic());
      }
      return result.toBytes();
    }
  }

  private int versions() {
    return reached.size() + (deltas ? 1 : 0);
  }

  /** What the averages are over, slice by slice, and how large they are together. */
  private record Averages(List<Long> examples, long bytes) {}

  private Averages average(BlockFetch fetch, BlockSet set, int from, int to)
      throws BlockLostException {
    List<Long> examples = new ArrayList<>();
    Versions first = new Versions(fetch);
    long bytes = first.bytes();
    try (first;
        Slab slab =
            Slabs.take(
                stageKey,
                state,
                alive,
                Slabs.room(StateSlice.atMost(bytes) * (to - from), to - from))) {
      examples.add(first.average(slab, set, from));
      for (int slice = from + 1; slice < to; slice++) {
        try (Versions versions = new Versions(fetch)) {
          bytes += versions.bytes();
          examples.add(versions.average(slab, set, slice));
        }
      }
      slab.filled();
    }
    return new Averages(examples, bytes);
  }

  /** All versions of a slice. */
  private final class Versions implements AutoCloseable {
    private final List<BlockFetch.Piece> pieces = new ArrayList<>();

    Versions(BlockFetch fetch) throws BlockLostException {
      try {
        for (int version = 0; version < versions(); version++) {
          pieces.add(fetch.next());
        }
      } catch (BlockLostException e) {
        close();
        throw e;
      }
    }

    private List<ByteBuffer> ofWorkers() {
      return pieces.subList(0, reached.size()).stream().map(BlockFetch.Piece::bytes).toList();
    }

    int bytes() {
      return StateSlice.averagedBytes(ofWorkers().get(0));
    }

    long average(Slab slab, BlockSet set, int slice) {
      ByteBuffer average = slab.next(bytes());
      StateSlice.average(ofWorkers(), () -> pieces.get(reached.size()).bytes(), average);
      long examples = StateSlice.examples(average);
      slab.put(set, slice, average);
      return examples;
    }

    @Override
    public void close() {
      pieces.forEach(BlockFetch.Piece::close);
      pieces.clear();
    }
  }
}
