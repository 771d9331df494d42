package io.cogaze.train.plan;

import io.cogaze.train.plan.ResourceSum.Amount;
import io.cogaze.train.plan.ResourceSum.Budget;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Adds up what the stages of a run take, one after the other, before any of them starts: of memory
 * the largest stage counts, of the disk all together. Pure.
 */
public final class ResourcePlan {
  /** What Spark sets aside of every heap before anything else, MiB. */
  private static final long SPARK_RESERVE_MB = 300;

  /** A row of the index in the driver: ids, file, strings' headers, and a place in two plans. */
  private static final long BYTES_PER_EXAMPLE = 600;

  /** CUDA's own context on a device, with the libraries' workspaces, MiB. */
  private static final long CUDA_CONTEXT_MB = 1024;

  private final TrainSettings train;
  private final List<StageNeed> stages;
  private final GivenResources given;
  private final long examples;
  private final long exampleBytes;
  private final long baseNativeMb;

  /**
   * A plan.
   *
   * @param examples rows of the index that the driver holds
   * @param exampleBytes heap that a decoded example takes
   * @param baseNativeMb memory outside the heap of a JVM that computes, without any network, MiB
   */
  public ResourcePlan(
      TrainSettings train,
      List<StageNeed> stages,
      GivenResources given,
      long examples,
      long exampleBytes,
      long baseNativeMb) {
    this.train = train;
    this.stages = List.copyOf(stages);
    this.given = given;
    this.examples = examples;
    this.exampleBytes = exampleBytes;
    this.baseNativeMb = baseNativeMb;
    if (this.stages.isEmpty()) {
      throw new IllegalArgumentException("A resource plan needs a stage");
    }
  }

  /** The sum, with notes that the caller has. */
  public ResourceSum sum(List<String> notes) {
    List<Budget> budgets = new ArrayList<>();
    if (given.oneJvm()) {
      List<Amount> heap = new ArrayList<>(executorHeap());
      heap.addAll(driverHeap());
      budgets.add(
          new Budget("Java heap of the one JVM", heap, given.driverHeap(), heapFix("driver")));
      budgets.add(
          new Budget(
              "memory outside the heap of the one JVM",
              nativeNeeds(true),
              given.executorNative(),
              nativeFix("less heap with -- --driver-memory")));
    } else {
      budgets.add(
          new Budget(
              "Java heap of the driver", driverHeap(), given.driverHeap(), heapFix("driver")));
      budgets.add(
          new Budget(
              "Java heap of each executor",
              executorHeap(),
              given.executorHeap(),
              heapFix("executor")));
      budgets.add(
          new Budget(
              "memory outside the heap of each executor",
              nativeNeeds(false),
              given.executorNative(),
              nativeFix("more with -- --conf spark.cogaze.offHeapMemory=SIZE")));
    }
    if (given.arrays().isKnown() && given.gpus() == 0) {
      budgets.add(
          new Budget(
              "memory that ND4J may take in each JVM that computes",
              arrays(given.oneJvm()),
              given.arrays(),
              nativeFix("more with -- --conf spark.cogaze.offHeapMemory=SIZE")));
    }
    if (!given.oneJvm()) {
      budgets.add(driverArrays());
    }
    if (given.gpus() > 0) {
      budgets.add(gpu());
    }
    budgets.add(disk());
    return new ResourceSum(budgets, notes);
  }

  /** Tasks of a round that one JVM runs at once. */
  int busySlots() {
    return Math.min(given.slots(), train.workers());
  }

  private StageNeed most(ToLongFunction<StageNeed> of) {
    return stages.stream().max(Comparator.comparingLong(of)).orElseThrow();
  }

  private List<Amount> executorHeap() {
    int slots = busySlots();
    StageNeed state = most(StageNeed::state);
    StageNeed frozen = most(StageNeed::frozen);
    StageNeed batch = most(StageNeed::batch);
    List<Amount> needs = new ArrayList<>();
    needs.add(new Amount(SPARK_RESERVE_MB, "Spark's own reserve"));
    needs.add(
        Amount.ofBytes(
            (double) state.learned() + state.statistics(),
            "validation's parameters, as they come (stage " + state.stage() + ")"));
    if (train.sendsDeltas()) {
      needs.add(
          Amount.ofBytes(
              3.0 * slots * state.state(),
              "starts, states and 16-bit differences of " + slots + " tasks at once"));
    }
    needs.add(
        Amount.ofBytes(
            2.0 * frozen.frozen(),
            "frozen values, as they come and as read (stage " + frozen.stage() + ")"));
    needs.add(cached(exampleBytes, "decoded examples (train.example-cache-mb)"));
    StageNeed features = most(StageNeed::features);
    if (features.features() > 0) {
      needs.add(
          cached(
              features.features(),
              "results of frozen parts (train.cache-frozen-features, stage "
                  + features.stage()
                  + ")"));
    }
    needs.add(
        Amount.ofBytes(
            (2.0 + train.prefetchBatches()) * slots * batch.batch(),
            "batches being put together and read ahead (stage " + batch.stage() + ")"));
    return needs;
  }

  /** A cache takes no more than what there is to keep. */
  private Amount cached(long bytesPerExample, String what) {
    Amount all = Amount.ofBytes((double) examples * bytesPerExample, what);
    return new Amount(Math.min(train.exampleCacheMb(), all.mb()), what);
  }

  /** Of two that are not there at once. */
  private static Amount larger(Amount one, Amount other) {
    return one.mb() >= other.mb() ? one : other;
  }

  private List<Amount> driverHeap() {
    StageNeed state = most(StageNeed::state);
    StageNeed checkpoint = most(StageNeed::checkpoint);
    List<Amount> needs = new ArrayList<>();
    if (!given.oneJvm()) {
      needs.add(new Amount(SPARK_RESERVE_MB, "Spark's own reserve"));
    }
    needs.add(
        Amount.ofBytes(
            (double) examples * BYTES_PER_EXAMPLE, "index of " + examples + " examples"));
    needs.add(
        larger(
            Amount.ofBytes(
                2.0 * (state.learned() + state.statistics()),
                "validation's parameters, as cut and as sent (stage " + state.stage() + ")"),
            Amount.ofBytes(
                checkpoint.updater() + 4.0 * (checkpoint.checkpoint() - checkpoint.updater()),
                "the checkpoint being written: values and file (stage "
                    + checkpoint.stage()
                    + ")")));
    return needs;
  }

  private List<Amount> nativeNeeds(boolean withDriver) {
    List<Amount> needs = new ArrayList<>();
    needs.add(new Amount(baseNativeMb, "JVM, classes, native libraries, threads"));
    if (given.gpus() == 0) {
      needs.addAll(networks(withDriver));
    }
    needs.addAll(blocks(withDriver));
    return needs;
  }

  private List<Amount> arrays(boolean withDriver) {
    List<Amount> needs = new ArrayList<>(networks(withDriver));
    needs.addAll(blocks(withDriver));
    return needs;
  }

  /** States on their way between processes: outside the heap, too. */
  private List<Amount> blocks(boolean withDriver) {
    StageNeed state = most(StageNeed::state);
    // In one JVM all workers' results lie there until they are averaged.
    int kept = withDriver ? train.workers() : busySlots();
    List<Amount> needs = new ArrayList<>();
    needs.add(
        Amount.ofBytes(
            (double) kept * state.state(),
            "states that " + kept + " workers reach (stage " + state.stage() + ")"));
    double share = (double) kept * state.state() / train.workers();
    if (withDriver) {
      needs.add(Amount.ofBytes(2 * share, "their shares of a round's start and of its average"));
      needs.add(Amount.ofBytes((double) state.state(), "the epoch's start"));
    } else {
      // The driver may still lack the start, so that the one before is kept.
      needs.add(
          Amount.ofBytes(
              3 * share,
              "their shares of a round's start, of its average and of the start before"));
    }
    if (train.averageUpdaterEvery() > 1) {
      StageNeed updater = most(StageNeed::updater);
      needs.add(
          Amount.ofBytes(
              2.0 * kept * updater.updater(),
              "workers' own optimiser states between averagings, and those before (stage "
                  + updater.stage()
                  + ")"));
    }
    return needs;
  }

  private Budget driverArrays() {
    StageNeed network = most(StageNeed::driverNativeMb);
    StageNeed state = most(StageNeed::state);
    return new Budget(
        "memory that ND4J may take in the driver",
        List.of(
            new Amount(
                network.driverNativeMb(), "the driver's network (stage " + network.stage() + ")"),
            Amount.ofBytes(
                2.0 * state.state(),
                "its copy of the averaged state and the next one (stage " + state.stage() + ")")),
        given.driverArrays(),
        nativeFix("more with -- --conf spark.cogaze.offHeapMemory=SIZE"));
  }

  private List<Amount> networks(boolean withDriver) {
    int slots = busySlots();
    StageNeed step = most(StageNeed::stepNativeMb);
    List<Amount> needs = new ArrayList<>();
    needs.add(
        new Amount(
            slots * step.stepNativeMb(),
            "networks at work: "
                + slots
                + " x "
                + step.stepNativeMb()
                + " (stage "
                + step.stage()
                + ")"));
    if (withDriver) {
      StageNeed driver = most(StageNeed::driverNativeMb);
      needs.add(
          new Amount(
              driver.driverNativeMb(), "the driver's network (stage " + driver.stage() + ")"));
    }
    return needs;
  }

  private Budget gpu() {
    int sharing = (busySlots() + given.gpus() - 1) / given.gpus();
    StageNeed step = most(StageNeed::stepNativeMb);
    return new Budget(
        "memory of each GPU",
        List.of(
            new Amount(CUDA_CONTEXT_MB, "CUDA's context and libraries (an assumption)"),
            new Amount(
                sharing * step.stepNativeMb(),
                "networks at work: "
                    + sharing
                    + " x "
                    + step.stepNativeMb()
                    + ", as fitted on CPUs (stage "
                    + step.stage()
                    + ")")),
        given.gpu(),
        "fewer tasks a GPU (spark.task.resource.gpu.amount=1), or a smaller batch-size");
  }

  private Budget disk() {
    int kept = train.checkpoints().keepLast() + 1;
    List<Amount> needs = new ArrayList<>();
    for (StageNeed stage : stages) {
      long each = stage.checkpoint();
      needs.add(
          Amount.ofBytes(
              (double) each * kept * given.diskCopies(),
              "checkpoints of stage "
                  + stage.stage()
                  + ": "
                  + kept
                  + " x "
                  + Amount.ofBytes((double) each, "").mb()
                  + copies()));
    }
    StageNeed largest = most(StageNeed::checkpoint);
    needs.add(
        Amount.ofBytes(
            (double) largest.checkpoint() * given.diskCopies(),
            "the one being written (stage " + largest.stage() + ")" + copies()));
    if (given.diskHeld().isKnown() && given.diskHeld().mb() > 0) {
      long sum = needs.stream().mapToLong(Amount::mb).sum();
      needs.add(new Amount(-Math.min(sum, given.diskHeld().mb()), given.diskHeld().what()));
    }
    return new Budget(
        "disk space for checkpoints",
        needs,
        given.disk(),
        "a smaller train.checkpoints.keep-last, another place for --run, or room there");
  }

  private String copies() {
    return given.diskCopies() == 1 ? "" : ", " + given.diskCopies() + " copies";
  }

  private static String heapFix(String jvm) {
    return "more with -- --"
        + jvm
        + "-memory SIZE, a smaller train.example-cache-mb, or fewer tasks in one JVM";
  }

  private static String nativeFix(String more) {
    return more + ", fewer tasks in one JVM, or a smaller batch-size of the stage";
  }
}
