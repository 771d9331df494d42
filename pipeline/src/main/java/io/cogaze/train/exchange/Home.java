package io.cogaze.train.exchange;

import io.cogaze.run.ProcessSpace;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serializable;
import org.apache.spark.SparkEnv;
import org.apache.spark.scheduler.TaskLocation$;
import org.apache.spark.storage.BlockManagerId;

/**
 * A process that holds blocks: the address of its Spark block manager, and who it is on its
 * machine.
 *
 * @param executor Spark's id of the executor; {@code driver} for the driver
 * @param machine its {@link ProcessSpace}
 * @param process its number there
 */
public record Home(String executor, String host, int port, String machine, long process)
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String MACHINE = ProcessSpace.ofThisProcess();

  /** Of this process. */
  public static Home here() {
    BlockManagerId id = SparkEnv.get().blockManager().blockManagerId();
    return new Home(id.executorId(), id.host(), id.port(), MACHINE, ProcessHandle.current().pid());
  }

  /** Whether blocks there are in this process. */
  boolean isHere() {
    return equals(here());
  }

  /** How Spark's scheduler names it as the place where a task should run. */
  public String taskLocation() {
    return TaskLocation$.MODULE$.apply(host, executor).toString();
  }

  /** Writes it. */
  public void write(DataOutputStream out) throws IOException {
    out.writeUTF(executor);
    out.writeUTF(host);
    out.writeInt(port);
    out.writeUTF(machine);
    out.writeLong(process);
  }

  /** Reads what {@link #write} wrote. */
  public static Home read(DataInputStream in) throws IOException {
    return new Home(in.readUTF(), in.readUTF(), in.readInt(), in.readUTF(), in.readLong());
  }
}
