package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import java.io.DataInputStream;
import java.util.List;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/** From the slices that the workers of a round reach to the averaged state. */
final class Averaging {
  private Averaging() {}

  /**
   * Runs the round.
   *
   * @param parts of each worker: its slices, each under its index, and its report, under the index
   *     after the last slice
   * @param workers that have batches in this round
   * @param start the round's start, by slice
   * @param clock takes the workers' reports and times
   * @return the averaged slices
   *     <p>Errors: {@link RunException} when a worker's report is missing or there twice.
   */
  static byte[][] run(
      JavaPairRDD<Integer, byte[]> parts,
      int slices,
      int workers,
      String stage,
      Broadcast<byte[][]> start,
      RoundClock clock) {
    JavaPairRDD<Integer, byte[]> averages =
        parts
            .groupByKey(new SlicePartitioner(slices))
            .flatMapToPair(new AverageTask(slices, start));
    List<Tuple2<Integer, byte[]>> results;
    try {
      results = TaskFailure.unwrapped(averages::collect);
    } finally {
      // At once, not when the driver happens to collect garbage: a round leaves as many bytes on
      // the executors' disks as the workers' states have.
      averages.rdd().cleanShuffleDependencies(false);
    }
    clock.jobDone();
    byte[][] averaged = new byte[slices][];
    for (Tuple2<Integer, byte[]> result : results) {
      if (result._1() == slices) {
        clock.add(Bytes.read(result._2(), TaskReport::read));
      } else if (result._1() == AverageTask.TIME) {
        clock.addAveraging(Bytes.read(result._2(), DataInputStream::readLong));
      } else {
        averaged[result._1()] = result._2();
      }
    }
    int reports = clock.tasks().size();
    if (reports != workers) {
      throw new RunException(
          "Stage '"
              + stage
              + "': "
              + reports
              + " of "
              + workers
              + " workers reported; a result was lost or counted twice. Start the run again; it"
              + " goes on from the last checkpoint");
    }
    return averaged;
  }
}
