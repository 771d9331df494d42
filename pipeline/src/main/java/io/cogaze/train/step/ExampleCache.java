package io.cogaze.train.step;

import io.cogaze.error.InputException;
import io.cogaze.shard.Example;
import io.cogaze.shard.ShardHandle;
import io.cogaze.shard.ShardReader;
import io.cogaze.train.plan.PlanToken;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decoded row groups of shard files, the least recently used ones dropped first, up to a number of
 * bytes. Thread safe; one cache serves all workers of an executor.
 */
public final class ExampleCache {
  /** A row group of a shard set. */
  private record Key(String folder, String file, int rowGroup) {}

  private final Map<Key, List<Example>> groups = new LinkedHashMap<>(16, 0.75f, true);
  private final long capacityBytes;
  private long bytes;

  /** An empty cache; with capacity 0 nothing is kept. */
  public ExampleCache(long capacityBytes) {
    this.capacityBytes = capacityBytes;
  }

  /** A source of the examples of a shard set that reads through this cache. */
  public ExampleSource source(ShardHandle shards) {
    return source(shards, List.of());
  }

  /**
   * As the other, and holds a row group that was read until the last of its rows was asked for, so
   * that it is read once however little the cache keeps.
   *
   * @param batches what will be asked for
   */
  public ExampleSource source(ShardHandle shards, List<List<PlanToken.Row>> batches) {
    return new Window(shards, batches);
  }

  /** A source that holds what will be asked for again. */
  private final class Window implements ExampleSource {
    private final ShardHandle shards;
    private final String folder;
    private final Map<Key, Integer> rowsToCome = new HashMap<>();
    private final Map<Key, List<Example>> held = new HashMap<>();
    private long rowGroupsRead;

    Window(ShardHandle shards, List<List<PlanToken.Row>> batches) {
      this.shards = shards;
      this.folder = shards.folder().toString();
      batches.forEach(
          rows -> rows.forEach(row -> rowsToCome.merge(key(folder, row), 1, Integer::sum)));
    }

    @Override
    public synchronized List<Example> examples(List<PlanToken.Row> rows) {
      List<Example> examples = new ArrayList<>(rows.size());
      for (PlanToken.Row row : rows) {
        Key key = key(folder, row);
        examples.add(row(held.computeIfAbsent(key, this::group), row, shards));
        rowsToCome.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
      }
      held.keySet().removeIf(key -> !rowsToCome.containsKey(key));
      return examples;
    }

    @Override
    public synchronized long rowGroupsRead() {
      return rowGroupsRead;
    }

    private List<Example> group(Key key) {
      return kept(key)
          .orElseGet(
              () -> {
                rowGroupsRead++;
                return read(shards, key);
              });
    }
  }

  private static Key key(String folder, PlanToken.Row row) {
    return new Key(folder, row.file(), row.rowGroup());
  }

  private static Example row(List<Example> group, PlanToken.Row row, ShardHandle shards) {
    if (row.row() >= group.size()) {
      throw new InputException(
          "Cannot read row "
              + row.row()
              + " of row group "
              + row.rowGroup()
              + " of "
              + row.file()
              + " in "
              + shards.folder()
              + ": the row group has "
              + group.size()
              + " rows. The index does not fit the data; run preprocess again");
    }
    return group.get(row.row());
  }

  private synchronized Optional<List<Example>> kept(Key key) {
    return Optional.ofNullable(groups.get(key));
  }

  private List<Example> read(ShardHandle shards, Key key) {
    List<Example> group;
    try (ShardReader reader = shards.reader(key.file())) {
      group = List.copyOf(reader.readRowGroup(key.rowGroup()));
    }
    synchronized (this) {
      if (groups.putIfAbsent(key, group) == null) {
        bytes += size(group);
        evict();
      }
    }
    return group;
  }

  private void evict() {
    Iterator<List<Example>> oldest = groups.values().iterator();
    while (bytes > capacityBytes && oldest.hasNext()) {
      bytes -= size(oldest.next());
      oldest.remove();
    }
  }

  private static long size(List<Example> group) {
    long size = 0;
    for (Example example : group) {
      size += 1024 + 2L * example.pixels().length + 64L * example.fixations().size();
      size += example.gaze().map(gaze -> 2L * gaze.values().length).orElse(0L);
      for (byte[] mask : example.masks().values()) {
        size += mask.length;
      }
    }
    return size;
  }
}
