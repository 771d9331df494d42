package io.cogaze.train.spark;

import java.util.Collection;
import java.util.Iterator;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * The broadcasts under whose names the blocks of an epoch lie. They carry nothing themselves:
 * destroying one removes its blocks from every process.
 */
final class LiveBroadcasts implements AutoCloseable {
  private static final byte[] NOTHING = {};

  private final JavaSparkContext context;
  private final TreeMap<Long, Broadcast<byte[]>> alive = new TreeMap<>();

  LiveBroadcasts(JavaSparkContext context) {
    this.context = context;
  }

  /** The id of a new one. */
  long next() {
    Broadcast<byte[]> broadcast = context.broadcast(NOTHING);
    alive.put(broadcast.id(), broadcast);
    return broadcast.id();
  }

  /** All that are not destroyed. */
  SortedSet<Long> alive() {
    return new TreeSet<>(alive.keySet());
  }

  /** Destroys all but these. */
  void keep(Collection<Long> wanted) {
    for (Iterator<Broadcast<byte[]>> each = alive.values().iterator(); each.hasNext(); ) {
      Broadcast<byte[]> broadcast = each.next();
      if (!wanted.contains(broadcast.id())) {
        each.remove();
        Broadcasts.destroy(context, broadcast);
      }
    }
  }

  @Override
  public void close() {
    alive.values().forEach(broadcast -> Broadcasts.destroy(context, broadcast));
    alive.clear();
  }
}
