package io.cogaze.train.spark;

import io.cogaze.train.exchange.BlockFetch;
import io.cogaze.train.exchange.BlockLostException;
import io.cogaze.train.exchange.BlockSet;
import io.cogaze.train.exchange.Home;
import io.cogaze.train.exchange.Slab;
import io.cogaze.train.exchange.Slabs;
import io.cogaze.train.exchange.StatePlaces;
import io.cogaze.train.exchange.Traffic;
import io.cogaze.train.spark.StateSlice.Content;
import io.cogaze.train.step.StageNetwork;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's own copy of states. It is what rounds can always be done again from, whatever
 * executors are lost, and takes a state's bytes once, however many workers there are. Copying runs
 * beside the next round.
 */
final class DriverState implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DriverState.class);
  private static final String LABEL = "driver";

  /** Slices on the way at once: few, because nobody waits. */
  private static final int WINDOW = 8;

  private final String stageKey;
  private final StageNetwork network;
  private final int slices;
  private final Home here = Home.here();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread made = new Thread(task, "cogaze-driver-state");
            made.setDaemon(true);
            return made;
          });

  DriverState(String stageKey, StageNetwork network, int slices) {
    this.stageKey = stageKey;
    this.network = network;
    this.slices = slices;
  }

  /** Where the driver's copy of a state lies, once it is there. */
  BlockSet copy(long broadcast) {
    return new BlockSet(broadcast, LABEL, here);
  }

  /** Puts the network's state. */
  StatePlaces put(long broadcast, SortedSet<Long> alive) {
    BlockSet set = copy(broadcast);
    try (Slab slab = Slabs.take(stageKey, broadcast, alive, room())) {
      for (int slice = 0; slice < slices; slice++) {
        ByteBuffer part = slab.next(StateSlice.bytes(network, slice, slices, Content.WHOLE));
        StateSlice.cut(network, slice, slices, StateSlice.Origin.DRIVER, Content.WHOLE, part);
        slab.put(set, slice, part);
      }
      slab.filled();
    }
    return StatePlaces.in(set, slices);
  }

  private long room() {
    long bytes = 0;
    for (int slice = 0; slice < slices; slice++) {
      bytes += StateSlice.bytes(network, slice, slices, Content.WHOLE);
    }
    return Slabs.room(bytes, slices);
  }

  /**
   * Begins to take a state, after a while or when somebody waits for it.
   *
   * @param after until the workers, who need it at once, have it, in nanoseconds
   */
  Copying take(StatePlaces places, SortedSet<Long> alive, long after) {
    CountDownLatch wanted = new CountDownLatch(1);
    return new Copying(
        thread.submit(
            () -> {
              if (places.isHere()) {
                return Optional.of(Traffic.none());
              }
              boolean isWaitedFor = wanted.await(after, TimeUnit.NANOSECONDS);
              LOG.debug("the driver takes a state; somebody waits for it: {}", isWaitedFor);
              return fetch(places, alive);
            }),
        wanted);
  }

  /** A state that is being taken, at once when somebody waits for it. */
  record Copying(Future<Optional<Traffic>> taken, CountDownLatch wanted) {
    /** Waits until it is there; gives what was fetched, or nothing where the state was lost. */
    Optional<Traffic> settled() {
      wanted.countDown();
      try {
        return taken.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("The driver cannot take a state", e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while the driver takes a state", e);
      }
    }
  }

  private Optional<Traffic> fetch(StatePlaces places, SortedSet<Long> alive) {
    BlockSet set = places.fallback();
    List<BlockFetch.Wanted> wanted =
        places.everything(0).stream()
            .map(block -> new BlockFetch.Wanted(block.slice(), block.places().get(0)))
            .toList();
    try (BlockFetch fetch = new BlockFetch(wanted, WINDOW);
        Slab slab = Slabs.take(stageKey, set.broadcast(), alive, room())) {
      for (BlockFetch.Wanted block : wanted) {
        slab.put(set, block.slice(), fetch.nextInto(slab::next));
      }
      slab.filled();
      return Optional.of(fetch.traffic());
    } catch (BlockLostException e) {
      LOG.info("the driver has no copy of a state: {}", e.getMessage());
      return Optional.empty();
    }
  }

  /** Overwrites the network's state by one that is here in full. */
  void load(StatePlaces places, int iteration, int epochsDone) {
    List<BlockFetch.Wanted> wanted = places.everything(0);
    try (BlockFetch fetch = new BlockFetch(wanted, 1)) {
      for (BlockFetch.Wanted block : wanted) {
        try (BlockFetch.Piece piece = fetch.next()) {
          StateSlice.write(piece.bytes(), block.slice(), slices, network);
        }
      }
    } catch (BlockLostException e) {
      throw new IllegalStateException("The driver's copy of the state is not whole", e);
    }
    network.counters(iteration, epochsDone);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
