package io.cogaze.train.exchange;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Bytes of states that a process fetched from others.
 *
 * @param executor Spark's id of the process that fetched
 * @param from by the id of the process that sent, bytes
 * @param shared bytes of these that came from memory that processes share
 */
public record Traffic(String executor, Map<String, Long> from, long shared) {
  /** Copies the map. */
  public Traffic {
    from = new TreeMap<>(from);
  }

  /** Nothing, of this process. */
  public static Traffic none() {
    return new Traffic(Home.here().executor(), Map.of(), 0);
  }

  /** Both of the same process. */
  public Traffic plus(Traffic other) {
    Traffic sum = new Traffic(executor, from, shared + other.shared);
    other.from.forEach((sender, bytes) -> sum.from.merge(sender, bytes, Long::sum));
    return sum;
  }

  /** All bytes. */
  public long bytes() {
    return from.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Writes it. */
  public void write(DataOutputStream out) throws IOException {
    out.writeUTF(executor);
    out.writeLong(shared);
    out.writeInt(from.size());
    for (Map.Entry<String, Long> sender : from.entrySet()) {
      out.writeUTF(sender.getKey());
      out.writeLong(sender.getValue());
    }
  }

  /** Reads what {@link #write} wrote. */
  public static Traffic read(DataInputStream in) throws IOException {
    String executor = in.readUTF();
    long shared = in.readLong();
    int count = in.readInt();
    Map<String, Long> from = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      from.put(in.readUTF(), in.readLong());
    }
    return new Traffic(executor, from, shared);
  }
}
