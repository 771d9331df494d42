package io.cogaze.train.spark;

import io.cogaze.train.exchange.BlockSet;
import io.cogaze.train.exchange.Traffic;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Optional;

/**
 * What a worker's task of a round gives the driver: everything but the state that it reached, which
 * stays where it is.
 *
 * @param worker the averaging worker
 * @param lost why it could not begin: a part of the round's start is not to be had any more; then
 *     there is nothing else
 * @param report what the worker did; of a worker without batches there is none
 * @param reached the slices of the state that it reached
 * @param own its optimiser's state, where that is not averaged
 * @param traffic what it fetched
 */
record WorkerResult(
    int worker,
    Optional<String> lost,
    Optional<TaskReport> report,
    Optional<BlockSet> reached,
    Optional<RoundStart.Own> own,
    Traffic traffic) {

  /** Of a worker that could not begin. */
  static WorkerResult lost(int worker, String why) {
    return new WorkerResult(
        worker,
        Optional.of(why),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Traffic.none());
  }

  byte[] toBytes() {
    return Bytes.of(
        out -> {
          out.writeInt(worker);
          write(out, lost, DataOutputStream::writeUTF);
          write(out, report, (to, value) -> value.write(to));
          write(out, reached, (to, value) -> value.write(to));
          write(
              out,
              own,
              (to, value) -> {
                value.blocks().write(to);
                to.writeLong(value.examples());
              });
          traffic.write(out);
        });
  }

  static WorkerResult of(byte[] bytes) {
    return Bytes.read(
        bytes,
        in ->
            new WorkerResult(
                in.readInt(),
                read(in, from -> from.readUTF()),
                read(in, TaskReport::read),
                read(in, BlockSet::read),
                read(in, from -> new RoundStart.Own(BlockSet.read(from), from.readLong())),
                Traffic.read(in)));
  }

  /** Writes a value. */
  @FunctionalInterface
  private interface Part<T> {
    void write(DataOutputStream out, T value) throws IOException;
  }

  private static <T> void write(DataOutputStream out, Optional<T> value, Part<T> part)
      throws IOException {
    out.writeBoolean(value.isPresent());
    if (value.isPresent()) {
      part.write(out, value.get());
    }
  }

  private static <T> Optional<T> read(DataInputStream in, Bytes.Reader<T> reader)
      throws IOException {
    return in.readBoolean() ? Optional.of(reader.read(in)) : Optional.empty();
  }
}
