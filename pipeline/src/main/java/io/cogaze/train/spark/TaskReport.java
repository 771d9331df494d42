package io.cogaze.train.spark;

import io.cogaze.train.step.WorkerReport;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * What a worker's task of a round sends beside the state that it reached.
 *
 * @param work what the worker did, with its times of reading and computing
 * @param stateNanos from the task's start until the worker's network held the round's state
 * @param serialiseNanos from the last batch until all slices of the state were there for others to
 *     fetch
 * @param memory of the process after the last batch
 */
public record TaskReport(
    WorkerReport work, long stateNanos, long serialiseNanos, ExecutorMemory memory) {

  /** All that the task measured. */
  long nanos() {
    return stateNanos + work.readNanos() + work.computeNanos() + serialiseNanos;
  }

  void write(DataOutputStream out) throws IOException {
    work.write(out);
    out.writeLong(stateNanos);
    out.writeLong(serialiseNanos);
    memory.write(out);
  }

  static TaskReport read(DataInputStream in) throws IOException {
    return new TaskReport(
        WorkerReport.read(in), in.readLong(), in.readLong(), ExecutorMemory.read(in));
  }
}
