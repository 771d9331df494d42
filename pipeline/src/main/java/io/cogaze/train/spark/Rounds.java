package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import io.cogaze.train.exchange.BlockSet;
import io.cogaze.train.exchange.Home;
import io.cogaze.train.exchange.StatePlaces;
import io.cogaze.train.exchange.Traffic;
import io.cogaze.train.step.StageNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The averaging rounds of an epoch, from the driver's network to the driver's network. States go
 * from executor to executor: each worker leaves what it reached as blocks of its process, each
 * group of slices is averaged where one of the workers is, in the order of the worker index with
 * weights n_i / N in float64, and the next round's workers take the averages from there. The driver
 * sends a state once at the start of the epoch, and takes each averaged one once, beside the next
 * round, so that what is lost with an executor can be done again from the driver's copy. By the
 * rule that a result depends on the start, the batches and the seed only, that gives the same bits.
 */
final class Rounds {
  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

  /** Losses in a row, without a round done, after which more are no accident. */
  private static final int MOST_LOSSES = 20;

  /**
   * The driver's copy waits no longer for the workers', in nanoseconds: until it is there, an
   * executor's loss costs a round more.
   */
  private static final long LATEST_TAKING = 2_000_000_000L;

  private final JavaSparkContext context;
  private final Stage stage;
  private final StageNetwork network;
  private final RoundPlan plan;
  private final Consumer<RoundSummary> listener;
  private final LiveBroadcasts live;
  private final DriverState driver;
  private final int every;
  private final int slices;
  private final List<Traffic> traffic = new ArrayList<>();

  /** Where each worker was last. */
  private final Map<Integer, String> homes = new TreeMap<>();

  private RoundTimes lastTimes = RoundTimes.NONE;
  private int losses;
  private boolean isSent;

  /**
   * What of a stage is the same in all rounds.
   *
   * @param key of the shipment's definition
   * @param slices parts into which states are cut; 0: as it fits their size
   * @param deltas whether workers send 16-bit differences
   * @param averageUpdaterEvery rounds between two averagings of the optimisers' states; the last
   *     round of an epoch always averages them
   */
  record Stage(
      String key,
      String name,
      Broadcast<byte[]> shipment,
      int slices,
      boolean deltas,
      int averageUpdaterEvery) {}

  /**
   * A state before a round, in full or without what workers keep of it.
   *
   * @param round that it is the start of, from 0
   * @param iteration steps done
   * @param values where it lies
   * @param updater where the last averaged state of the optimiser lies
   * @param own the workers' own optimisers since then
   */
  private record Position(
      int round,
      int iteration,
      StatePlaces values,
      StatePlaces updater,
      TreeMap<Integer, RoundStart.Own> own) {
    boolean isWhole() {
      return updater.equals(values);
    }

    /** Broadcasts whose blocks it needs. */
    Set<Long> broadcasts() {
      Set<Long> ids = new TreeSet<>();
      ids.add(values.fallback().broadcast());
      ids.add(updater.fallback().broadcast());
      own.values().forEach(each -> ids.add(each.blocks().broadcast()));
      return ids;
    }
  }

  /** A position and what was done to get there. */
  private record Advance(Position to, List<TaskReport> reports, long bytes) {}

  /** A state that the driver is taking. */
  private record Taking(Position position, DriverState.Copying copy) {}

  private Rounds(
      JavaSparkContext context,
      Stage stage,
      StageNetwork network,
      RoundPlan plan,
      Consumer<RoundSummary> listener,
      LiveBroadcasts live,
      DriverState driver) {
    this.context = context;
    this.stage = stage;
    this.network = network;
    this.plan = plan;
    this.listener = listener;
    this.live = live;
    this.driver = driver;
    this.slices = slices(stage, network, plan);
    this.every = network.hasUpdaterState() ? stage.averageUpdaterEvery() : 1;
  }

  /**
   * Trains an epoch. Errors: {@link RunException} when a worker's result is missing or there twice,
   * when executors are lost faster than rounds are done, and those of the tasks.
   *
   * @param listener is told of every round, once
   */
  static void run(
      JavaSparkContext context,
      Stage stage,
      StageNetwork network,
      RoundPlan plan,
      Consumer<RoundSummary> listener) {
    if (plan.rounds() == 0) {
      return;
    }
    try (LiveBroadcasts live = new LiveBroadcasts(context);
        DriverState driver = new DriverState(stage.key(), network, slices(stage, network, plan))) {
      new Rounds(context, stage, network, plan, listener, live, driver).run();
    } finally {
      context.clearJobGroup();
    }
  }

  private static int slices(Stage stage, StageNetwork network, RoundPlan plan) {
    return stage.slices() == 0
        ? StatePlaces.slices(network.stateBytes(), plan.workers())
        : stage.slices();
  }

  private void run() {
    RoundClock clock = new RoundClock();
    int epochsDone = network.graph().getConfiguration().getEpochCount();
    StatePlaces start = driver.put(live.next(), live.alive());
    Position saved =
        new Position(
            0,
            network.graph().getConfiguration().getIterationCount(),
            start,
            start,
            new TreeMap<>());
    Taking taking = null;
    Position at = null;
    int reported = 0;
    while (saved.round() < plan.rounds()) {
      try {
        if (at == null) {
          at = scattered(saved);
          clock.broadcastDone();
        }
        Advance advance = round(at, epochsDone, clock);
        Position next = advance.to();
        if (taking != null) {
          saved = settled(taking, saved);
          taking = null;
        }
        at = next;
        keep(saved, at);
        if (next.isWhole()) {
          // Into the memory of what is not kept any more.
          taking = new Taking(next, driver.take(next.values(), live.alive(), takeAfter(next)));
        }
        if (next.round() == plan.rounds()) {
          saved = settled(Objects.requireNonNull(taking), saved);
          taking = null;
          if (saved.round() != next.round()) {
            throw new StateLostException("the averaged state of the last round is lost");
          }
        }
        if (next.round() > reported) {
          reported = next.round();
          losses = 0;
          report(advance, clock);
          clock = new RoundClock();
        }
      } catch (StateLostException e) {
        if (taking != null) {
          saved = settled(taking, saved);
          taking = null;
        }
        LOG.warn(
            "stage {}: {}; it goes on from round {}, whose start the driver has",
            stage.name(),
            e.getMessage(),
            saved.round() + 1);
        count(e.getMessage());
        at = null;
        keep(saved, saved);
      }
    }
    driver.load(saved.values(), saved.iteration(), epochsDone);
  }

  /**
   * As a rule when the workers of the next round have their start, as far as the last one tells.
   */
  private long takeAfter(Position next) {
    return next.round() == plan.rounds()
        ? 0
        : Math.min(LATEST_TAKING, Math.min(2 * lastTimes.broadcast(), lastTimes.compute() / 2));
  }

  private Position settled(Taking taking, Position saved) {
    Optional<Traffic> whole = taking.copy().settled();
    whole.filter(fetched -> fetched.bytes() > 0).ifPresent(traffic::add);
    return whole.isPresent() ? taking.position() : saved;
  }

  private void keep(Position saved, Position at) {
    Set<Long> wanted = new TreeSet<>(saved.broadcasts());
    wanted.addAll(at.broadcasts());
    live.keep(wanted);
  }

  private void count(String why) {
    if (++losses > MOST_LOSSES) {
      throw new RunException(
          "Stage '"
              + stage.name()
              + "' stopped: executors were lost "
              + losses
              + " times without a round done. The last loss: "
              + why
              + ". The last checkpoint is kept. See the executors' logs for why they end (often:"
              + " memory), and start the same command again");
    }
  }

  private void report(Advance advance, RoundClock clock) {
    RoundBytes bytes = RoundBytes.of(advance.bytes(), traffic);
    traffic.clear();
    lastTimes = clock.times(plan.workers(), advance.reports());
    listener.accept(
        new RoundSummary(
            plan.epoch(),
            advance.to().round(),
            plan.rounds(),
            advance.reports(),
            lastTimes,
            bytes));
  }

  private void describe(int round) {
    context.setJobGroup(
        stage.name() + "/" + plan.epoch() + "/" + (round + 1),
        String.format(
            Locale.ROOT,
            "stage %s, epoch %d, round %d of %d",
            stage.name(),
            plan.epoch(),
            round + 1,
            plan.rounds()));
  }

  /** The driver's state with its groups of slices at the executors. */
  private Position scattered(Position saved) throws StateLostException {
    describe(saved.round());
    StatePlaces here = StatePlaces.in(saved.values().fallback(), slices);
    if (saved.values().isHere()) {
      here = saved.values();
    }
    if (context.sc().isLocal()) {
      return new Position(saved.round(), saved.iteration(), here, here, new TreeMap<>());
    }
    int groups = groups();
    ScatterTask task = new ScatterTask(stage.key(), here, groups, live.alive(), spare(saved));
    isSent = true;
    List<GroupResult> results =
        groups(context.parallelize(IntStream.range(0, groups).boxed().toList(), groups).map(task));
    BlockSet[] sets = new BlockSet[groups];
    for (GroupResult result : results) {
      traffic.add(result.traffic());
      sets[result.group()] =
          result
              .average()
              .orElseThrow(() -> new StateLostException("an executor got no slice of the driver"));
    }
    StatePlaces places = new StatePlaces(slices, Arrays.asList(sets), saved.values().fallback());
    return new Position(saved.round(), saved.iteration(), places, places, new TreeMap<>());
  }

  /**
   * Beside a state that is sent out there are, until the driver has its copy, the one that is
   * worked from and the one that is being averaged. When it is sent again, what executors still
   * have of it takes memory, too, and nothing is made ready.
   */
  private int spare(Position saved) {
    return isSent ? 0 : Math.min(2, plan.rounds() - saved.round());
  }

  /** As many as workers, so that each averages one; never empty ones. */
  private int groups() {
    return Math.min(slices, plan.workers());
  }

  private Advance round(Position at, int epochsDone, RoundClock clock) throws StateLostException {
    describe(at.round());
    boolean averagesUpdater = (at.round() + 1) % every == 0 || at.round() + 1 == plan.rounds();
    long reached = live.next();
    long kept = averagesUpdater ? reached : live.next();
    long state = live.next();
    RoundStart start =
        new RoundStart(
            stage.key(),
            stage.shipment(),
            at.values(),
            at.updater(),
            at.own(),
            at.iteration(),
            epochsDone,
            network.learningRate(),
            averagesUpdater,
            reached,
            kept,
            new TreeSet<>(live.alive()));
    Set<Integer> all = new TreeSet<>(plan.busy(at.round()));
    if (averagesUpdater) {
      all.addAll(at.own().keySet());
    }
    TreeMap<Integer, WorkerResult> done = new TreeMap<>();
    GroupResult[] averaged = new GroupResult[groups()];
    Set<Integer> open = all;
    while (!open.isEmpty()) {
      train(at.round(), open, all, start, done);
      open = average(at, done, averaged, state);
      if (!open.isEmpty()) {
        LOG.warn(
            "stage {}: what workers {} reached is lost with an executor; they do round {} again",
            stage.name(),
            open,
            at.round() + 1);
        count("what workers " + open + " reached in round " + (at.round() + 1));
        done.keySet().removeAll(open);
      }
    }
    clock.jobDone();
    List<TaskReport> reports =
        done.values().stream().flatMap(result -> result.report().stream()).toList();
    check(averaged, reports);
    List<BlockSet> sets =
        Arrays.stream(averaged).map(group -> group.average().orElseThrow()).toList();
    Arrays.stream(averaged).forEach(group -> clock.addAveraging(group.nanos()));
    StatePlaces values = new StatePlaces(slices, sets, driver.copy(state));
    TreeMap<Integer, RoundStart.Own> own = new TreeMap<>();
    if (!averagesUpdater) {
      own.putAll(at.own());
      done.forEach((worker, result) -> result.own().ifPresent(mine -> own.put(worker, mine)));
    }
    int steps = reports.stream().mapToInt(report -> report.work().steps()).max().orElse(0);
    return new Advance(
        new Position(
            at.round() + 1,
            at.iteration() + steps,
            values,
            averagesUpdater ? values : at.updater(),
            own),
        reports,
        Arrays.stream(averaged).mapToLong(GroupResult::bytes).sum());
  }

  /** Lets the open workers do their part; then everybody's results are there, once. */
  private void train(
      int round,
      Set<Integer> open,
      Set<Integer> all,
      RoundStart start,
      Map<Integer, WorkerResult> done)
      throws StateLostException {
    JavaRDD<byte[]> tasks = plan.tasks(round, open, start, homes);
    List<String> lost = new ArrayList<>();
    int results = done.size();
    for (byte[] bytes : TaskFailure.unwrapped(tasks::collect)) {
      WorkerResult result = WorkerResult.of(bytes);
      traffic.add(result.traffic());
      result.lost().ifPresent(lost::add);
      result.reached().ifPresent(set -> homes.put(result.worker(), set.home().taskLocation()));
      done.put(result.worker(), result);
      results++;
    }
    if (results != all.size() || !done.keySet().equals(all)) {
      throw new RunException(
          "Stage '"
              + stage.name()
              + "': "
              + results
              + " of "
              + all.size()
              + " workers reported; a result was lost or counted twice. Start the run again; it"
              + " goes on from the last checkpoint");
    }
    if (!lost.isEmpty()) {
      throw new StateLostException(lost.get(0));
    }
  }

  /** Averages the groups that are not; gives the workers whose states are lost. */
  private Set<Integer> average(
      Position at, Map<Integer, WorkerResult> done, GroupResult[] averaged, long state)
      throws StateLostException {
    TreeMap<Integer, BlockSet> reached = new TreeMap<>();
    done.forEach((worker, result) -> reached.put(worker, result.reached().orElseThrow()));
    List<BlockSet> sets = List.copyOf(reached.values());
    AverageTask task =
        new AverageTask(
            stage.key(),
            reached,
            at.values(),
            stage.deltas(),
            averaged.length,
            state,
            live.alive());
    List<Integer> open =
        IntStream.range(0, averaged.length)
            .filter(group -> averaged[group] == null)
            .boxed()
            .toList();
    Set<Integer> lost = new TreeSet<>();
    List<Placed.At<Integer>> places = new ArrayList<>();
    for (int group : open) {
      Home home = sets.get(group % sets.size()).home();
      places.add(new Placed.At<>(group, Optional.of(home.taskLocation())));
    }
    JavaRDD<Integer> groups = Placed.partitions(context, places, Integer.class);
    for (GroupResult result : groups(groups.map(task))) {
      traffic.add(result.traffic());
      if (result.average().isPresent()) {
        averaged[result.group()] = result;
      } else if (result.startLost()) {
        throw new StateLostException("the start of round " + (at.round() + 1) + " is lost");
      }
      lost.addAll(result.lost());
    }
    return lost;
  }

  private void check(GroupResult[] averaged, List<TaskReport> reports) {
    List<Long> examples = new ArrayList<>();
    for (GroupResult group : averaged) {
      examples.addAll(group == null ? Collections.emptyList() : group.examples());
    }
    Accounting.averaged(
        context.getLocalProperty("spark.job.description"),
        slices,
        examples,
        reports.stream().map(TaskReport::work).toList());
  }

  private static List<GroupResult> groups(JavaRDD<byte[]> tasks) {
    return TaskFailure.unwrapped(tasks::collect).stream().map(GroupResult::of).toList();
  }
}
