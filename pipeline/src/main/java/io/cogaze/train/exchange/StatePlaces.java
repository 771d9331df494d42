package io.cogaze.train.exchange;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the slices of a state lie: each group of neighbouring slices with the process that averaged
 * it, and all of them, from some time on, with the driver.
 *
 * @param slices number of slices
 * @param groups in the order of the slices
 * @param fallback where a slice may be when its group's process is gone
 */
public record StatePlaces(int slices, List<BlockSet> groups, BlockSet fallback)
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final long SMALLEST = 1 << 18;
  private static final long LARGEST = 1 << 22;
  private static final long LARGEST_OF_ALL = 1 << 26;

  /** Copies the groups. */
  public StatePlaces {
    groups = new ArrayList<>(groups);
  }

  /**
   * Into how many slices to cut a state: each group of them has as many, none is larger than a
   * message should be, and the versions of all workers of a slice or two have room in the memory of
   * the process that averages them.
   *
   * @param bytes of the state
   */
  public static int slices(long bytes, int workers) {
    long each = Math.max(SMALLEST, Math.min(LARGEST, LARGEST_OF_ALL / workers));
    long perWorker = Math.max(1, (bytes + each * workers - 1) / (each * workers));
    return Math.toIntExact(workers * perWorker);
  }

  /** All slices in one process. */
  public static StatePlaces in(BlockSet all, int slices) {
    return new StatePlaces(slices, List.of(all), all);
  }

  /** First slice of a group; of the group after the last one the number of slices. */
  public static int first(int group, int groups, int slices) {
    return (int) ((long) group * slices / groups);
  }

  /** Whether every slice lies in this process. */
  public boolean isHere() {
    return groups.stream().allMatch(set -> set.home().isHere());
  }

  /**
   * Every slice once, with the places to look for it. Neighbours in the list are of different
   * groups, so that many processes send at once; each reader begins with another group, so that not
   * all ask the same one at first.
   *
   * @param reader a number that differs between those who read at the same time
   */
  public List<BlockFetch.Wanted> everything(int reader) {
    List<BlockFetch.Wanted> wanted = new ArrayList<>(slices);
    for (int place = 0; wanted.size() < slices; place++) {
      for (int turn = 0; turn < groups.size(); turn++) {
        int group = (turn + reader) % groups.size();
        int slice = first(group, groups.size(), slices) + place;
        if (slice < first(group + 1, groups.size(), slices)) {
          wanted.add(wanted(group, slice));
        }
      }
    }
    return wanted;
  }

  /** A slice, with the places to look for it. */
  public BlockFetch.Wanted one(int slice) {
    int group = 0;
    while (first(group + 1, groups.size(), slices) <= slice) {
      group++;
    }
    return wanted(group, slice);
  }

  private BlockFetch.Wanted wanted(int group, int slice) {
    BlockSet set = groups.get(group);
    return new BlockFetch.Wanted(
        slice, set.equals(fallback) ? List.of(set) : List.of(set, fallback));
  }
}
