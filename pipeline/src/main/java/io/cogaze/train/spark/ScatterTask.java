package io.cogaze.train.spark;

import io.cogaze.train.exchange.BlockFetch;
import io.cogaze.train.exchange.BlockLostException;
import io.cogaze.train.exchange.BlockSet;
import io.cogaze.train.exchange.Slab;
import io.cogaze.train.exchange.Slabs;
import io.cogaze.train.exchange.StatePlaces;
import io.cogaze.train.exchange.Traffic;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;

/**
 * Takes a group of slices from the driver, so that workers find them with each other: the driver
 * sends a state once, however many workers there are. Takes the number of a group; gives a {@link
 * GroupResult} as bytes.
 */
final class ScatterTask implements Function<Integer, byte[]> {
  private static final long serialVersionUID = 1L;

  private final String stageKey;
  private final StatePlaces places;
  private final int groups;
  private final TreeSet<Long> alive;
  private final int spare;

  /**
   * @param places of the state
   * @param groups number of groups
   * @param alive as in {@link RoundStart}
   * @param spare how often as much memory again is made ready for the averages of later rounds
   */
  ScatterTask(String stageKey, StatePlaces places, int groups, SortedSet<Long> alive, int spare) {
    this.stageKey = stageKey;
    this.places = places;
    this.groups = groups;
    this.alive = new TreeSet<>(alive);
    this.spare = spare;
  }

  @Override
  public byte[] call(Integer group) {
    long begin = System.nanoTime();
    int from = StatePlaces.first(group, groups, places.slices());
    int to = StatePlaces.first(group + 1, groups, places.slices());
    BlockSet set = BlockSet.ofTask(places.fallback().broadcast(), "g" + group, TaskContext.get());
    List<BlockFetch.Wanted> wanted = new ArrayList<>();
    for (int slice = from; slice < to; slice++) {
      wanted.add(places.one(slice));
    }
    try (BlockFetch fetch = new BlockFetch(wanted, RoundStart.WINDOW)) {
      Optional<BlockSet> taken;
      try {
        take(fetch, set, from, to);
        taken = Optional.of(set);
      } catch (BlockLostException e) {
        taken = Optional.empty();
      }
      Traffic traffic = fetch.traffic();
      return new GroupResult(
              group,
              List.of(),
              taken.isEmpty(),
              taken,
              List.of(),
              traffic.bytes(),
              System.nanoTime() - begin,
              traffic)
          .toBytes();
    }
  }

  private void take(BlockFetch fetch, BlockSet set, int from, int to) throws BlockLostException {
    BlockFetch.Piece first = fetch.next();
    // As much as any group takes by what any executor knows of it, so that all can use it later.
    int largest = (places.slices() + groups - 1) / groups;
    long each = StateSlice.atMost(StateSlice.atMost(first.size()));
    long room = Slabs.room(each * largest, largest);
    try (first;
        Slab slab = Slabs.take(stageKey, set.broadcast(), alive, room)) {
      ByteBuffer part = slab.next(first.size());
      first.copyTo(part);
      slab.put(set, from, part);
      for (int slice = from + 1; slice < to; slice++) {
        slab.put(set, slice, fetch.nextInto(slab::next));
      }
      slab.filled();
    }
    Slabs.ready(stageKey, set.broadcast(), spare, room);
  }
}
