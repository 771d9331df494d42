package io.cogaze.train.spark;

import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.DOUBLE;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import io.cogaze.shard.Columns;
import io.cogaze.shard.ParquetTable;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;

/**
 * A row of a stage's table of rounds: how much was done and where the time went.
 *
 * @param run name of the run folder
 * @param epoch from 1
 * @param round from 1 in every epoch
 * @param workers that had batches
 * @param examples used
 * @param steps most batches of a worker
 * @param seconds wall time, which {@code parts} add up to
 * @param parts see {@link RoundTimes}, seconds
 * @param examplesPerSecond examples over seconds
 * @param speedUp see {@link RoundSummary#speedUp}
 * @param secondsLeft of the stage, if no epoch stops it early
 * @param rowGroupsRead row groups that the attempts that count read from shard files
 * @param bytesDriver of states that the driver took in and gave while the round ran
 */
record RoundRow(
    String run,
    String stage,
    int epoch,
    int round,
    int workers,
    long examples,
    int steps,
    double seconds,
    Parts parts,
    double examplesPerSecond,
    double speedUp,
    double secondsLeft,
    long rowGroupsRead,
    long bytesDriver) {
  private static final double NANOS = 1e9;

  /** {@link RoundTimes} in seconds. */
  record Parts(
      double compute,
      double readWait,
      double serialise,
      double aggregate,
      double broadcast,
      double idle) {
    static Parts of(RoundTimes times) {
      return new Parts(
          times.compute() / NANOS,
          times.readWait() / NANOS,
          times.serialise() / NANOS,
          times.aggregate() / NANOS,
          times.broadcast() / NANOS,
          times.idle() / NANOS);
    }
  }

  private static final MessageType SCHEMA =
      Types.buildMessage()
          .addFields(
              Columns.string("run"),
              Columns.string("stage"),
              Columns.required(INT32, "epoch"),
              Columns.required(INT32, "round"),
              Columns.required(INT32, "workers"),
              Columns.required(INT64, "examples"),
              Columns.required(INT32, "steps"),
              Columns.required(DOUBLE, "seconds"),
              Columns.required(DOUBLE, "seconds_compute"),
              Columns.required(DOUBLE, "seconds_read_wait"),
              Columns.required(DOUBLE, "seconds_serialise"),
              Columns.required(DOUBLE, "seconds_aggregate"),
              Columns.required(DOUBLE, "seconds_broadcast"),
              Columns.required(DOUBLE, "seconds_idle"),
              Columns.required(DOUBLE, "examples_per_second"),
              Columns.required(DOUBLE, "speed_up"),
              Columns.required(DOUBLE, "seconds_left"),
              Columns.required(INT64, "row_groups_read"),
              Columns.required(INT64, "bytes_driver"))
          .named("rounds");

  /** The table of these rows. */
  static final ParquetTable<RoundRow> TABLE =
      new ParquetTable<>(SCHEMA, 1, RoundRow::fill, RoundRow::read);

  static RoundRow of(String run, String stage, RoundSummary round, double secondsLeft) {
    return new RoundRow(
        run,
        stage,
        round.epoch(),
        round.round(),
        round.tasks().size(),
        round.examples(),
        round.tasks().stream().mapToInt(task -> task.work().steps()).max().orElse(0),
        round.seconds(),
        Parts.of(round.times()),
        round.examplesPerSecond(),
        round.speedUp(),
        secondsLeft,
        round.rowGroupsRead(),
        round.bytes().driver());
  }

  private static void fill(RoundRow row, Group group) {
    group.add("run", row.run());
    group.add("stage", row.stage());
    group.add("epoch", row.epoch());
    group.add("round", row.round());
    group.add("workers", row.workers());
    group.add("examples", row.examples());
    group.add("steps", row.steps());
    group.add("seconds", row.seconds());
    group.add("seconds_compute", row.parts().compute());
    group.add("seconds_read_wait", row.parts().readWait());
    group.add("seconds_serialise", row.parts().serialise());
    group.add("seconds_aggregate", row.parts().aggregate());
    group.add("seconds_broadcast", row.parts().broadcast());
    group.add("seconds_idle", row.parts().idle());
    group.add("examples_per_second", row.examplesPerSecond());
    group.add("speed_up", row.speedUp());
    group.add("seconds_left", row.secondsLeft());
    group.add("row_groups_read", row.rowGroupsRead());
    group.add("bytes_driver", row.bytesDriver());
  }

  private static RoundRow read(Group group) {
    return new RoundRow(
        group.getString("run", 0),
        group.getString("stage", 0),
        group.getInteger("epoch", 0),
        group.getInteger("round", 0),
        group.getInteger("workers", 0),
        group.getLong("examples", 0),
        group.getInteger("steps", 0),
        group.getDouble("seconds", 0),
        new Parts(
            group.getDouble("seconds_compute", 0),
            group.getDouble("seconds_read_wait", 0),
            group.getDouble("seconds_serialise", 0),
            group.getDouble("seconds_aggregate", 0),
            group.getDouble("seconds_broadcast", 0),
            group.getDouble("seconds_idle", 0)),
        group.getDouble("examples_per_second", 0),
        group.getDouble("speed_up", 0),
        group.getDouble("seconds_left", 0),
        group.getLong("row_groups_read", 0),
        group.getLong("bytes_driver", 0));
  }
}
