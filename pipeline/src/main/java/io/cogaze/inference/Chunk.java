package io.cogaze.inference;

import io.cogaze.shard.Example;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.ShardHandle;
import io.cogaze.shard.ShardReader;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Examples of one shard file that are worked on together, in file order. How a split is cut depends
 * on the index and the chunk size only, never on Spark's partitions, so that batches, and with them
 * every bit of the predictions, do not either.
 *
 * @param number position among the chunks, from 0
 */
record Chunk(int number, List<IndexEntry> entries) implements Serializable {
  private static final long serialVersionUID = 1L;

  Chunk {
    entries = List.copyOf(entries);
  }

  /** Cuts examples into chunks of at most this many. */
  static List<Chunk> cut(List<IndexEntry> entries, int size) {
    List<IndexEntry> ordered = new ArrayList<>(entries);
    ordered.sort(
        Comparator.comparing(IndexEntry::file)
            .thenComparingInt(IndexEntry::rowGroup)
            .thenComparingInt(IndexEntry::row));
    List<Chunk> chunks = new ArrayList<>();
    List<IndexEntry> open = new ArrayList<>();
    for (IndexEntry entry : ordered) {
      boolean otherFile = !open.isEmpty() && !open.get(0).file().equals(entry.file());
      if (otherFile || open.size() == size) {
        chunks.add(new Chunk(chunks.size(), open));
        open = new ArrayList<>();
      }
      open.add(entry);
    }
    if (!open.isEmpty()) {
      chunks.add(new Chunk(chunks.size(), open));
    }
    return chunks;
  }

  /** Reads the examples one after another, holding one row group at a time. */
  void forEach(ShardHandle shards, Consumer<Example> work) {
    try (ShardReader reader = shards.reader(entries.get(0).file())) {
      int loaded = -1;
      List<Example> rows = List.of();
      for (IndexEntry entry : entries) {
        if (entry.rowGroup() != loaded) {
          rows = reader.readRowGroup(entry.rowGroup());
          loaded = entry.rowGroup();
        }
        work.accept(rows.get(entry.row()));
      }
    }
  }
}
