package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import io.cogaze.train.step.WorkerReport;
import java.util.Comparator;
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
   * @param reports takes the workers' reports, in order
   * @return the averaged slices
   *     <p>Errors: {@link RunException} when a worker's report is missing or there twice.
   */
  static byte[][] run(
      JavaPairRDD<Integer, byte[]> parts,
      int slices,
      int workers,
      String stage,
      Broadcast<byte[][]> start,
      List<WorkerReport> reports) {
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
    byte[][] averaged = new byte[slices][];
    for (Tuple2<Integer, byte[]> result : results) {
      if (result._1() == slices) {
        reports.add(Bytes.read(result._2(), WorkerReport::read));
      } else {
        averaged[result._1()] = result._2();
      }
    }
    reports.sort(Comparator.comparingInt(WorkerReport::worker));
    if (reports.size() != workers) {
      throw new RunException(
          "Stage '"
              + stage
              + "': "
              + reports.size()
              + " of "
              + workers
              + " workers reported; a result was lost or counted twice. Start the run again; it"
              + " goes on from the last checkpoint");
    }
    return averaged;
  }
}
