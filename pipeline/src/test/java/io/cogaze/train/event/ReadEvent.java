package io.cogaze.train.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An event read back from a file.
 *
 * @param sessionStart whether a session begins with it
 * @param scalars by tag
 */
public record ReadEvent(
    double wallTime, long step, boolean sessionStart, Map<String, Float> scalars) {

  /** The events of a file, whose CRCs must be right; the first, the version, is left out. */
  public static List<ReadEvent> all(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    List<ReadEvent> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      int at = bytes.position();
      byte[] message = new byte[Math.toIntExact(bytes.getLong())];
      bytes.getInt();
      bytes.get(message);
      bytes.getInt();
      byte[] framed = new byte[bytes.position() - at];
      bytes.get(at, framed);
      if (!Arrays.equals(framed, TfRecord.frame(message))) {
        throw new IllegalStateException("The record at byte " + at + " has a wrong CRC");
      }
      events.add(event(message));
    }
    return events.subList(1, events.size());
  }

  private static ReadEvent event(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    double wallTime = 0;
    long step = 0;
    boolean sessionStart = false;
    Map<String, Float> scalars = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      switch ((int) varint(in)) {
        case (1 << 3) | 1 -> wallTime = in.getDouble();
        case 2 << 3 -> step = varint(in);
        case (5 << 3) | 2 -> scalars.putAll(summary(part(in)));
        case (7 << 3) | 2 -> sessionStart = part(in).get(1) == 1;
        case (3 << 3) | 2 -> part(in);
        default -> throw new IllegalStateException("An unknown field of an event");
      }
    }
    return new ReadEvent(wallTime, step, sessionStart, scalars);
  }

  private static Map<String, Float> summary(ByteBuffer in) {
    Map<String, Float> scalars = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      varint(in);
      ByteBuffer value = part(in);
      varint(value);
      ByteBuffer tag = part(value);
      varint(value);
      scalars.put(StandardCharsets.UTF_8.decode(tag).toString(), value.getFloat());
    }
    return scalars;
  }

  private static ByteBuffer part(ByteBuffer in) {
    int length = (int) varint(in);
    ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return part;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
