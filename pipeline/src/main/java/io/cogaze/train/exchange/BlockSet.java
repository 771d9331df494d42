package io.cogaze.train.exchange;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serializable;
import org.apache.spark.TaskContext;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BroadcastBlockId;

/**
 * Slices of a state that one process holds, each as a block. The blocks' names are those of parts
 * of a broadcast, so that Spark removes them everywhere when that broadcast is destroyed, or when
 * the driver forgets it.
 *
 * @param broadcast id of the broadcast
 * @param label letters and digits that no other set of the broadcast has
 * @param home who holds them
 */
public record BlockSet(long broadcast, String label, Home home) implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Blocks of this process, of a task that runs in it: another attempt at the same task has other
   * blocks, so that nobody ever reads what an attempt that does not count has written.
   *
   * @param part what of the broadcast's state they are
   */
  public static BlockSet ofTask(long broadcast, String part, TaskContext task) {
    return new BlockSet(broadcast, part + "t" + task.taskAttemptId(), Home.here());
  }

  BlockId block(int slice) {
    return new BroadcastBlockId(broadcast, "cogaze_" + label + "_" + slice);
  }

  /** Writes it. */
  public void write(DataOutputStream out) throws IOException {
    out.writeLong(broadcast);
    out.writeUTF(label);
    home.write(out);
  }

  /** Reads what {@link #write} wrote. */
  public static BlockSet read(DataInputStream in) throws IOException {
    return new BlockSet(in.readLong(), in.readUTF(), Home.read(in));
  }
}
