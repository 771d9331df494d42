package io.cogaze.train.spark;

import io.cogaze.train.exchange.BlockFetch;
import io.cogaze.train.exchange.BlockLostException;
import io.cogaze.train.exchange.BlockSet;
import io.cogaze.train.exchange.StatePlaces;
import io.cogaze.train.exchange.Traffic;
import io.cogaze.train.step.StageNetwork;
import java.io.Serializable;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.broadcast.Broadcast;

/**
 * What the workers of a round begin with.
 *
 * @param values where parameters and running statistics lie
 * @param updater where the optimiser's state lies, for workers that have none of their own
 * @param own by worker, the states of optimisers that go on without averaging
 * @param iteration steps done
 * @param epochsDone epochs done
 * @param averagesUpdater whether this round averages the optimisers' states
 * @param reached id of the broadcast whose blocks are the states that workers reach
 * @param kept id of the broadcast whose blocks are the optimisers' states that workers keep
 * @param alive broadcasts of the stage whose blocks are wanted
 */
record RoundStart(
    String stageKey,
    Broadcast<byte[]> shipment,
    StatePlaces values,
    StatePlaces updater,
    TreeMap<Integer, Own> own,
    int iteration,
    int epochsDone,
    double learningRate,
    boolean averagesUpdater,
    long reached,
    long kept,
    TreeSet<Long> alive)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Slices of 4 MB each that are on the way to a worker at once. */
  static final int WINDOW = 12;

  /**
   * A worker's own optimiser.
   *
   * @param blocks its state
   * @param examples used since the states were averaged
   */
  record Own(BlockSet blocks, long examples) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /** Copies the map. */
  RoundStart {
    own = new TreeMap<>(own);
    alive = new TreeSet<>(alive);
  }

  /** Examples that a worker's own optimiser has seen; 0 where it has none. */
  long ownExamples(int worker) {
    return own.containsKey(worker) ? own.get(worker).examples() : 0;
  }

  /** Overwrites a network's state by a worker's start. */
  Traffic into(StageNetwork network, int worker) throws BlockLostException {
    Traffic traffic = Traffic.none();
    if (own.containsKey(worker)) {
      BlockSet blocks = own.get(worker).blocks();
      traffic = into(network, worker, StatePlaces.in(blocks, values.slices()));
    } else if (!updater.equals(values)) {
      traffic = into(network, worker, updater);
    }
    traffic = traffic.plus(into(network, worker, values));
    network.counters(iteration, epochsDone);
    return traffic;
  }

  private static Traffic into(StageNetwork network, int worker, StatePlaces places)
      throws BlockLostException {
    List<BlockFetch.Wanted> wanted = places.everything(worker);
    try (BlockFetch fetch = new BlockFetch(wanted, WINDOW)) {
      for (BlockFetch.Wanted block : wanted) {
        try (BlockFetch.Piece piece = fetch.next()) {
          StateSlice.write(piece.bytes(), block.slice(), places.slices(), network);
        }
      }
      return fetch.traffic();
    }
  }
}
