package io.cogaze.train.step;

import io.cogaze.train.plan.KeyedRandom;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * What one worker did in one round.
 *
 * @param worker the averaging worker, from 0
 * @param examples examples used
 * @param steps steps of the optimiser; a step may take several batches
 * @param lossSum loss of each batch times its examples, summed
 * @param headLossSums the same for each head, without its loss weight, in the order of the outputs
 * @param idHash sum of the hashes of the ids of the examples used
 * @param rowGroupsRead row groups of shards that this attempt read from files
 * @param readNanos time spent on waiting for examples and assembling batches
 * @param computeNanos time spent in the network, its frozen parts included
 */
public record WorkerReport(
    int worker,
    long examples,
    int steps,
    double lossSum,
    double[] headLossSums,
    long idHash,
    long rowGroupsRead,
    long readNanos,
    long computeNanos) {

  /** The hash of an example id; a round's ids are accounted for by their sum. */
  public static long idHash(String exampleId) {
    return KeyedRandom.hash(exampleId);
  }

  /** Writes the report. */
  public void write(DataOutputStream out) throws IOException {
    out.writeInt(worker);
    out.writeLong(examples);
    out.writeInt(steps);
    out.writeDouble(lossSum);
    out.writeInt(headLossSums.length);
    for (double sum : headLossSums) {
      out.writeDouble(sum);
    }
    out.writeLong(idHash);
    out.writeLong(rowGroupsRead);
    out.writeLong(readNanos);
    out.writeLong(computeNanos);
  }

  /** Reads what {@link #write} wrote. */
  public static WorkerReport read(DataInputStream in) throws IOException {
    int worker = in.readInt();
    long examples = in.readLong();
    int steps = in.readInt();
    double lossSum = in.readDouble();
    double[] headLossSums = new double[in.readInt()];
    for (int i = 0; i < headLossSums.length; i++) {
      headLossSums[i] = in.readDouble();
    }
    return new WorkerReport(
        worker,
        examples,
        steps,
        lossSum,
        headLossSums,
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong());
  }

  @Override
  public String toString() {
    return "worker "
        + worker
        + ": "
        + examples
        + " examples, "
        + steps
        + " steps, losses "
        + Arrays.toString(headLossSums);
  }
}
