package io.cogaze.train.exchange;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/**
 * The slabs of this process. They are used again from round to round, because memory that is
 * touched for the first time costs as much as copying.
 */
public final class Slabs {
  private static final List<Owned> ALL = new ArrayList<>();

  private record Owned(String owner, Slab slab) {}

  private Slabs() {}

  /** Bytes that parts of these sizes take in a slab, at most. */
  public static long room(long bytes, int parts) {
    return bytes + (long) Slab.LINE * parts;
  }

  /**
   * A slab for the blocks of a broadcast.
   *
   * @param owner whose slabs are used again; {@link #free} gives them back
   * @param broadcast of the blocks
   * @param alive broadcasts whose blocks are wanted; the owner's older ones are not any more
   * @param bytes that must have room
   */
  public static Slab take(String owner, long broadcast, SortedSet<Long> alive, long bytes) {
    synchronized (ALL) {
      for (Owned owned : ALL) {
        if (owned.owner().equals(owner) && owned.slab().isObsolete(alive)) {
          owned.slab().remove();
        }
      }
      Optional<Slab> found =
          ALL.stream()
              .filter(owned -> owned.owner().equals(owner))
              .map(Owned::slab)
              .filter(slab -> slab.capacity() >= bytes && slab.isFree())
              .min(Comparator.comparingLong(Slab::capacity));
      if (found.isEmpty()) {
        // Free ones that were used are too small, or of a stage that is over.
        freeUnused(owner);
        found = Optional.of(new Slab(bytes));
        ALL.add(new Owned(owner, found.get()));
      }
      found.get().begin(broadcast);
      return found.get();
    }
  }

  /**
   * Makes memory ready, so that later rounds find it touched: for each of the owner's slabs with
   * blocks of a broadcast so many more that can be taken.
   *
   * @param bytes that must have room in each
   */
  public static void ready(String owner, long broadcast, int more, long bytes) {
    synchronized (ALL) {
      List<Slab> slabs =
          ALL.stream().filter(owned -> owned.owner().equals(owner)).map(Owned::slab).toList();
      long wanted = more * slabs.stream().filter(slab -> slab.isOf(broadcast)).count();
      long there = slabs.stream().filter(slab -> slab.capacity() >= bytes && slab.isFree()).count();
      for (long slab = there; slab < wanted; slab++) {
        ALL.add(new Owned(owner, new Slab(bytes).ready()));
      }
    }
  }

  private static void freeUnused(String owner) {
    for (Iterator<Owned> each = ALL.iterator(); each.hasNext(); ) {
      Owned owned = each.next();
      Slab slab = owned.slab();
      boolean isKept = owned.owner().equals(owner) && slab.isSpare();
      if (slab.isFree() && !isKept) {
        slab.free();
        each.remove();
      }
    }
  }

  /** Removes the owner's blocks and gives its memory back. */
  public static void free(String owner) {
    synchronized (ALL) {
      for (Iterator<Owned> each = ALL.iterator(); each.hasNext(); ) {
        Owned owned = each.next();
        if (owned.owner().equals(owner) && !owned.slab().isFilling()) {
          owned.slab().remove();
          owned.slab().free();
          each.remove();
        }
      }
    }
  }

  /** Bytes of an owner's slabs. */
  public static long bytes(String owner) {
    synchronized (ALL) {
      return ALL.stream()
          .filter(owned -> owned.owner().equals(owner))
          .mapToLong(owned -> owned.slab().capacity())
          .sum();
    }
  }
}
