package io.cogaze.train.spark;

import io.cogaze.train.exchange.BlockSet;
import io.cogaze.train.exchange.Traffic;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the averaging of a group of slices gives the driver: everything but the average, which stays
 * where it is.
 *
 * @param group the group
 * @param lost workers whose slices are not to be had any more
 * @param startLost whether the round's start is not, which 16-bit differences are added to
 * @param average the averaged slices; nothing where one was lost
 * @param examples that each slice of the group is over
 * @param bytes of the average
 * @param nanos of the task
 * @param traffic what it fetched
 */
record GroupResult(
    int group,
    List<Integer> lost,
    boolean startLost,
    Optional<BlockSet> average,
    List<Long> examples,
    long bytes,
    long nanos,
    Traffic traffic) {

  byte[] toBytes() {
    return Bytes.of(
        out -> {
          out.writeInt(group);
          write(out, lost.stream().map(Integer::longValue).toList());
          out.writeBoolean(startLost);
          out.writeBoolean(average.isPresent());
          if (average.isPresent()) {
            average.get().write(out);
          }
          write(out, examples);
          out.writeLong(bytes);
          out.writeLong(nanos);
          traffic.write(out);
        });
  }

  static GroupResult of(byte[] bytes) {
    return Bytes.read(
        bytes,
        in ->
            new GroupResult(
                in.readInt(),
                read(in).stream().map(Math::toIntExact).toList(),
                in.readBoolean(),
                in.readBoolean() ? Optional.of(BlockSet.read(in)) : Optional.empty(),
                read(in),
                in.readLong(),
                in.readLong(),
                Traffic.read(in)));
  }

  private static void write(DataOutputStream out, List<Long> numbers) throws IOException {
    out.writeInt(numbers.size());
    for (long number : numbers) {
      out.writeLong(number);
    }
  }

  private static List<Long> read(DataInputStream in) throws IOException {
    int count = in.readInt();
    List<Long> numbers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      numbers.add(in.readLong());
    }
    return numbers;
  }
}
