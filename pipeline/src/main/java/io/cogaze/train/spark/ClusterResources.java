package io.cogaze.train.spark;

import io.cogaze.error.ConfigurationException;
import io.cogaze.train.plan.GivenResources;
import io.cogaze.train.plan.ResourceSum.Amount;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/** What a submission gives to driver and executors, as Spark's properties say it. */
final class ClusterResources {
  private static final Pattern LOCAL =
      Pattern.compile("local(\\[\\s*(\\d+|\\*)\\s*(,\\s*\\d+\\s*)?])?");
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)\\s*]");
  private static final Pattern MAX_BYTES =
      Pattern.compile("-Dorg\\.bytedeco\\.javacpp\\.max[bB]ytes=(\\d+[a-zA-Z]*)");
  private static final double OVERHEAD_SHARE = 0.1;
  private static final long LEAST_OVERHEAD_MB = 384;

  private final SparkConf conf;
  private final String master;
  private final int workers;
  private final OptionalLong driverHeapMb;

  /**
   * Of a submission.
   *
   * @param workers averaging workers, for masters that do not say how many tasks an executor runs
   * @param driverHeapMb heap of this JVM where it is the driver; empty where it only plans, and
   *     {@code spark.driver.memory} says it
   */
  ClusterResources(SparkConf conf, int workers, OptionalLong driverHeapMb) {
    this.conf = conf;
    this.master = conf.get("spark.master", "local[*]").strip();
    this.workers = workers;
    this.driverHeapMb = driverHeapMb;
  }

  /**
   * What is given.
   *
   * @param machine memory of this machine that may be used
   * @param baseNativeMb memory outside the heap of a JVM without a network
   * @param gpuMemoryMb of each GPU; 0 = not known
   */
  GivenResources given(
      Amount machine,
      long baseNativeMb,
      int gpuMemoryMb,
      Amount disk,
      int diskCopies,
      Amount diskHeld) {
    boolean oneJvm = LOCAL.matcher(master).matches();
    Amount driverHeap = driverHeap();
    Amount executorHeap = oneJvm ? driverHeap : memory("spark.executor.memory", "1g");
    int gpus = amount("spark.executor.resource.gpu.amount");
    return new GivenResources(
        oneJvm,
        slots(gpus),
        driverHeap,
        executorHeap,
        executorNative(oneJvm, machine, driverHeap, executorHeap, baseNativeMb),
        arrays(oneJvm ? "driver" : "executor"),
        arrays("driver"),
        gpus,
        gpuMemoryMb > 0
            ? new Amount(gpuMemoryMb, "cogaze.resources.gpu-memory-mb")
            : Amount.unknown("cogaze.resources.gpu-memory-mb is 0"),
        disk,
        diskCopies,
        diskHeld);
  }

  private Amount driverHeap() {
    return driverHeapMb.isPresent()
        ? new Amount(driverHeapMb.getAsLong(), "largest heap of this JVM")
        : memory("spark.driver.memory", "1g");
  }

  private Amount memory(String property, String unless) {
    return new Amount(MachineMemory.mebibytes(conf.get(property, unless), property), property);
  }

  private int amount(String property) {
    String text = conf.get(property, "0").strip();
    if (!text.matches("\\d{1,6}")) {
      throw new ConfigurationException(
          "Cannot read " + property + " = '" + text + "': expected a whole number.");
    }
    return Integer.parseInt(text);
  }

  /** Tasks that one JVM runs at once. */
  private int slots(int gpus) {
    int cores = cores();
    int slots = Math.max(1, cores / Math.max(1, conf.getInt("spark.task.cpus", 1)));
    double ofGpu = conf.getDouble("spark.task.resource.gpu.amount", 0);
    if (gpus > 0 && ofGpu > 0) {
      slots = Math.min(slots, Math.max(1, (int) Math.floor(gpus / ofGpu)));
    }
    return slots;
  }

  private int cores() {
    Matcher local = LOCAL.matcher(master);
    if (local.matches()) {
      String count = local.group(2);
      return count == null
          ? 1
          : count.equals("*")
              ? Runtime.getRuntime().availableProcessors()
              : Math.max(1, Integer.parseInt(count));
    }
    Matcher cluster = LOCAL_CLUSTER.matcher(master);
    if (cluster.matches()) {
      return Integer.parseInt(cluster.group(2));
    }
    // A standalone executor takes all cores of its machine, which nobody says here.
    boolean standalone = master.startsWith("spark://");
    return conf.getInt(
        "spark.executor.cores", standalone ? workers * conf.getInt("spark.task.cpus", 1) : 1);
  }

  private Amount executorNative(
      boolean oneJvm, Amount machine, Amount driverHeap, Amount executorHeap, long baseNativeMb) {
    if (oneJvm) {
      return machine.isKnown()
          ? new Amount(
              Math.max(0, machine.mb() - driverHeap.mb()),
              machine.what() + ", and the heap may take " + driverHeap.mb())
          : machine;
    }
    Matcher cluster = LOCAL_CLUSTER.matcher(master);
    if (cluster.matches()) {
      if (!machine.isKnown()) {
        return machine;
      }
      int executors = Integer.parseInt(cluster.group(1));
      long left = machine.mb() - driverHeap.mb() - baseNativeMb;
      return new Amount(
          Math.max(0, left / executors - executorHeap.mb()),
          "a share of this machine: " + machine.what());
    }
    if (conf.contains("spark.executor.memoryOverhead")) {
      return memory("spark.executor.memoryOverhead", "");
    }
    if (master.startsWith("spark://")) {
      return Amount.unknown("a standalone cluster bounds the heap only");
    }
    double share = conf.getDouble("spark.executor.memoryOverheadFactor", OVERHEAD_SHARE);
    return new Amount(
        Math.max(LEAST_OVERHEAD_MB, (long) (share * executorHeap.mb())),
        "spark.executor.memoryOverhead is not set: Spark's own "
            + share
            + " of the heap, at least "
            + LEAST_OVERHEAD_MB);
  }

  private Amount arrays(String kind) {
    for (String property :
        new String[] {
          "spark." + kind + ".extraJavaOptions", "spark." + kind + ".defaultJavaOptions"
        }) {
      Matcher limit = MAX_BYTES.matcher(conf.get(property, ""));
      if (limit.find()) {
        // A bare number is bytes there.
        String size = limit.group(1);
        return new Amount(
            MachineMemory.mebibytes(size.matches("\\d+") ? size + "b" : size, property),
            "org.bytedeco.javacpp.maxbytes in " + property);
      }
    }
    return Amount.unknown("org.bytedeco.javacpp.maxbytes is not set");
  }
}
