package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import java.util.Arrays;
import java.util.OptionalInt;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The graphics processor that Spark gave to a task. */
final class TaskDevice {
  private static final Logger LOG = LoggerFactory.getLogger(TaskDevice.class);
  private static final String RESOURCE = "gpu";

  private TaskDevice() {}

  /**
   * The device of the running task, by ND4J's number; empty where Spark gave none.
   *
   * <p>Errors: {@link RunException} when Spark gave several, or one that is no number.
   */
  static OptionalInt ofThisTask() {
    TaskContext task = TaskContext.get();
    if (task == null) {
      return OptionalInt.empty();
    }
    ResourceInformation gpu = task.resourcesJMap().get(RESOURCE);
    return gpu == null ? OptionalInt.empty() : OptionalInt.of(number(gpu.addresses()));
  }

  static int number(String[] addresses) {
    if (addresses.length != 1 || !addresses[0].strip().matches("\\d{1,4}")) {
      throw new RunException(
          "Cannot bind a task to the GPU that Spark gave it: its addresses are "
              + Arrays.toString(addresses)
              + ", expected the number of one.\n  fix:   spark.task.resource.gpu.amount=1, and a"
              + " discovery script that prints numbers as nvidia-smi counts them:"
              + " {\"name\":\"gpu\",\"addresses\":[\"0\",\"1\"]}");
    }
    return Integer.parseInt(addresses[0].strip());
  }

  /**
   * Binds the calling thread.
   *
   * <p>Errors: {@link RunException} when this process does not see the device.
   */
  static void bind(OptionalInt device, DeviceBinding binding) {
    if (device.isEmpty()) {
      return;
    }
    int devices = binding.devices();
    if (devices == 0) {
      LOG.warn(
          "Spark gave GPU {} to a task, but this build computes on CPUs; fix: the build of the"
              + " profile that 'cogaze doctor' names, or no spark.task.resource.gpu.amount",
          device.getAsInt());
      return;
    }
    if (device.getAsInt() >= devices) {
      throw new RunException(
          "Cannot bind a task to GPU "
              + device.getAsInt()
              + " that Spark gave it: this executor sees "
              + devices
              + ", counted from 0.\n  cause: CUDA_VISIBLE_DEVICES hides some that the discovery"
              + " script lists\n  fix:   a script that lists those that the executor sees");
    }
    binding.bind(device.getAsInt());
  }
}
