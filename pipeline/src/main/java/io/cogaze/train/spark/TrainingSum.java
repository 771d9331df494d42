package io.cogaze.train.spark;

import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.kernel.Backend;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.memory.ComputeDemand;
import io.cogaze.nn.memory.FittedEstimate;
import io.cogaze.nn.memory.MemoryDemand;
import io.cogaze.nn.memory.MemoryEstimate;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.BuiltNetwork;
import io.cogaze.nn.network.Head;
import io.cogaze.run.Manifest;
import io.cogaze.run.RunLayout;
import io.cogaze.run.StageLayout;
import io.cogaze.shard.ShardManifest;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.Split;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.plan.GivenResources;
import io.cogaze.train.plan.InitWeights;
import io.cogaze.train.plan.ResourcePlan;
import io.cogaze.train.plan.ResourceSettings;
import io.cogaze.train.plan.ResourceSum;
import io.cogaze.train.plan.ResourceSum.Amount;
import io.cogaze.train.plan.StageNeed;
import io.cogaze.train.plan.StagePlan;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.step.FrozenPrefix;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StepRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.deeplearning4j.nn.conf.inputs.InputType;

/**
 * What the stages of a training run take of memory and disk, before anything is submitted: from the
 * recipe, the shards' manifest, Spark's properties and the file system alone. No session is opened
 * and no array made.
 */
public final class TrainingSum {
  private static final double MIB = 1024.0 * 1024.0;

  /** Pixels and gaze map of 16 bits each, masks of a bit, and a little. */
  private static final long EXAMPLE_BYTES_PER_PIXEL = 5;

  /** Three channels of the network's input never exist; the image and a target map do. */
  private static final int MAPS_PER_EXAMPLE = 2;

  private final SparkConf conf;
  private final Configuration hadoop;
  private final TrainRequest request;
  private final ShardManifest data;
  private final FittedEstimate estimate;

  private TrainingSum(
      SparkConf conf, Configuration hadoop, TrainRequest request, ShardManifest data) {
    this.conf = conf;
    this.hadoop = hadoop;
    this.request = request;
    this.data = data;
    this.estimate = FittedEstimate.committed();
  }

  /**
   * The sum of a request. Errors: those of the recipe's stages and of shards that cannot be opened.
   *
   * @param conf the properties that the session is going to have
   * @param driverHeapMb heap of this JVM where it is the driver; empty where it only plans
   */
  public static ResourceSum of(
      SparkConf conf,
      Configuration hadoop,
      TrainRequest request,
      ResourceSettings settings,
      OptionalLong driverHeapMb) {
    NativeLibrary.prepare();
    ShardManifest data = ShardSet.open(hadoop, request.shards()).manifest();
    return new TrainingSum(conf, hadoop, request, data).sum(settings, driverHeapMb);
  }

  /** What each stage of a request is made of. */
  static List<StageNeed> needs(Configuration hadoop, TrainRequest request) {
    NativeLibrary.prepare();
    ShardManifest data = ShardSet.open(hadoop, request.shards()).manifest();
    TrainingSum sum = new TrainingSum(new SparkConf(false), hadoop, request, data);
    return request.recipe().plans(request.stages()).stream()
        .map(plan -> sum.need(plan, sum.made(plan)))
        .toList();
  }

  private ResourceSum sum(ResourceSettings settings, OptionalLong driverHeapMb) {
    RunLayout run = new RunLayout(request.run());
    FileSystem fs;
    try {
      fs = request.run().getFileSystem(hadoop);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot reach " + request.run() + ": " + e.getMessage(), e);
    }
    List<StageNeed> needs = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    notes.add(
        "networks: by an estimate that was fitted for "
            + estimate.engine()
            + "; a guide for others");
    TrainSettings train = request.settings();
    long base = estimate.factors().baseMb();
    ClusterResources cluster = new ClusterResources(conf, train.workers(), driverHeapMb);
    long examples = data.counts().values().stream().mapToLong(split -> split.examples()).sum();
    long exampleBytes = EXAMPLE_BYTES_PER_PIXEL * data.height() * data.width();
    GivenResources given =
        cluster.given(
            MachineMemory.usable(),
            base,
            settings.gpuMemoryMb(),
            free(fs, request.run()),
            copies(fs, request.run()),
            held(fs, run));
    int atOnce = given.oneJvm() ? Math.min(given.slots(), train.workers()) : train.workers();
    Optional<String> caution = Optional.empty();
    for (StagePlan plan : request.recipe().plans(request.stages())) {
      Made made = made(plan);
      needs.add(need(plan, made));
      Optional<String> seen = seen(fs, run, plan);
      if (seen.isEmpty()) {
        Optional<StageTime> reckoned = reckoned(plan.settings(), made, given, atOnce);
        seen =
            Optional.of(
                reckoned
                    .map(StageTime::text)
                    .orElse(
                        "not known for graphics processors; the log says it from the first round on"));
        caution = reckoned.map(StageTime::caution);
      }
      notes.add("time: stage " + plan.name() + ": " + seen.get());
    }
    caution.ifPresent(notes::add);
    rereading(Math.min(given.slots(), train.workers()), exampleBytes).ifPresent(notes::add);
    return new ResourcePlan(train, needs, given, examples, exampleBytes, base).sum(notes);
  }

  /**
   * That row groups are read in more than one round, where the tasks of a JVM shuffle more examples
   * together than its cache holds, and over more than one round.
   */
  private Optional<String> rereading(int tasks, long exampleBytes) {
    TrainSettings train = request.settings();
    long shuffled =
        Math.min(data.count(Split.TRAIN), (long) tasks * train.shuffleWindow()) * exampleBytes;
    boolean fits = shuffled <= (long) train.exampleCacheMb() << 20;
    boolean inOneRound =
        request.recipe().plans(request.stages()).stream()
            .map(StagePlan::settings)
            .allMatch(
                stage ->
                    (long) stage.batchSize() * stage.averagingFrequency() >= train.shuffleWindow());
    return fits || inOneRound
        ? Optional.empty()
        : Optional.of(
            "reading: train.example-cache-mb = %d is less than the %d MiB of examples that %d tasks of a JVM shuffle together: row groups are read again in later rounds of an epoch"
                .formatted(train.exampleCacheMb(), mebibytes(shuffled), tasks));
  }

  /** A stage's network. */
  private record Made(ModelDescription description, BuiltNetwork built) {}

  private Made made(StagePlan plan) {
    String stage = plan.name();
    StageSettings settings = plan.settings();
    TrainSettings train = request.settings();
    Map<Head, Double> heads = StageDescription.heads(stage, settings);
    ModelDescription description =
        StageDescription.of(stage, settings, heads, request.recipe(), data);
    StageDefinition definition =
        new StageDefinition(
            "sum",
            stage,
            description.spec(),
            heads,
            settings.trainable(),
            settings.updater(),
            description.triplet(),
            description.targetClasses(),
            settings.inputReduction(),
            train.seed(),
            train.nativeThreads(),
            StepRule.PLAIN,
            StageDescription.learnedWeights(stage, settings));
    return new Made(description, definition.build(settings.updater().learningRate()));
  }

  private StageNeed need(StagePlan plan, Made made) {
    StageSettings settings = plan.settings();
    TrainSettings train = request.settings();
    ModelDescription description = made.description();
    BuiltNetwork built = made.built();
    long learned = 0;
    long statistics = 0;
    long frozen = 0;
    for (TensorNames.Tensor tensor : built.names().tensors()) {
      long bytes = Float.BYTES * tensor.size();
      if (!tensor.trainable()) {
        frozen += bytes;
      } else if (tensor.role() == TensorNames.Role.PARAMETER) {
        learned += bytes;
      } else {
        statistics += bytes;
      }
    }
    int states = states(settings.updater().kind());
    long vectors = learned + statistics + frozen + learned * (1 + states);
    long step = step(description, settings, built);
    boolean rateChanges =
        settings.plateau().isPresent() || settings.updater().decay() != UpdaterSettings.Decay.NONE;
    if (rateChanges) {
      // The network of the rate before lives until it is collected.
      step += mebibytes(vectors);
    }
    if (settings.accumulate() > 1) {
      step += mebibytes(learned);
    }
    step += mebibytes(learned * Math.max(0, states - states(UpdaterSettings.Kind.ADAM)));
    return new StageNeed(
        plan.name(),
        learned,
        statistics,
        frozen,
        carried(settings, description, built.names()),
        learned * states,
        step,
        mebibytes(vectors) * (rateChanges ? 2 : 1),
        train.cacheFrozenFeatures() ? features(built, description) : 0,
        (long) settings.batchSize()
            * description.height()
            * description.width()
            * Float.BYTES
            * MAPS_PER_EXAMPLE);
  }

  /** The larger one of a training step and of validation. */
  private long step(ModelDescription description, StageSettings settings, BuiltNetwork built) {
    MemoryEstimate factors = estimate.factors();
    int threads = request.settings().nativeThreads();
    int height = description.height();
    int width = description.width();
    return Math.max(
        factors.networkMb(
            MemoryDemand.training(built, height, width, settings.batchSize(), threads)),
        factors.networkMb(
            MemoryDemand.inference(
                built, height, width, request.settings().validationBatchSize(), threads)));
  }

  /** Bytes that the frozen beginning gives for an example; 0 where the network has none. */
  private static long features(BuiltNetwork built, ModelDescription description) {
    Map<String, InputType> types =
        built
            .configuration()
            .getLayerActivationTypes(
                InputType.convolutional(description.height(), description.width(), 1));
    return FrozenPrefix.of(built).map(FrozenPrefix::boundary).orElse(List.of()).stream()
        .mapToLong(vertex -> Float.BYTES * types.get(vertex).arrayElementsPerExample())
        .sum();
  }

  private static int states(UpdaterSettings.Kind kind) {
    return switch (kind) {
      case ADAM -> 2;
      case AMSGRAD -> 3;
      case SGD -> 0;
    };
  }

  private static long mebibytes(long bytes) {
    return (long) Math.ceil(bytes / MIB);
  }

  /** Bytes of the parts that come from earlier stages and are not of this stage's network. */
  private static long carried(
      StageSettings settings, ModelDescription description, TensorNames names) {
    TensorNames whole =
        description
            .spec()
            .network()
            .build(BuildRequest.inference(description.spec().network().heads()))
            .names();
    long bytes = 0;
    for (InitWeights init : settings.initWeights()) {
      for (String part : init.parts()) {
        if (names.tensors(part).isEmpty()) {
          bytes +=
              Float.BYTES * whole.tensors(part).stream().mapToLong(TensorNames.Tensor::size).sum();
        }
      }
    }
    return bytes;
  }

  /** What the run folder's own earlier epochs say of the time that is left; empty before them. */
  private Optional<String> seen(FileSystem fs, RunLayout run, StagePlan plan) {
    StageLayout layout = run.stage(plan.name());
    if (Manifest.readIfPresent(fs, layout.folder()).isPresent()) {
      return Optional.of("finished");
    }
    List<MetricRow> rows = earlier(fs, layout.metrics());
    int done = rows.stream().mapToInt(MetricRow::epoch).max().orElse(0);
    OptionalDouble seconds =
        rows.stream()
            .filter(row -> row.round() == 0 && row.metric().equals(Progress.SECONDS))
            .mapToDouble(MetricRow::value)
            .average();
    if (seconds.isEmpty()) {
      return Optional.empty();
    }
    int left = Math.max(0, plan.settings().epochs() - done);
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%d of at most %d epochs are done, with %.0f s of rounds each: at most %.0f s of rounds to"
                + " come, validation not counted",
            done,
            plan.settings().epochs(),
            seconds.getAsDouble(),
            left * seconds.getAsDouble()));
  }

  /** Empty for graphics processors, on which nothing was measured. */
  private Optional<StageTime> reckoned(
      StageSettings settings, Made made, GivenResources given, int atOnce) {
    if (given.gpus() > 0 || Backend.current() == Backend.CUDA) {
      return Optional.empty();
    }
    TrainSettings train = request.settings();
    int threads = train.nativeThreads() * atOnce;
    int cores = given.oneJvm() ? Runtime.getRuntime().availableProcessors() : threads;
    int executors = given.oneJvm() ? 1 : (atOnce + given.slots() - 1) / given.slots();
    ModelDescription description = made.description();
    StageSize size = StageSize.of(settings, data.counts());
    long features = features(made.built(), description) * (size.train() + size.valid()) / executors;
    boolean kept = train.cacheFrozenFeatures() && features <= (long) train.exampleCacheMb() << 20;
    return Optional.of(
        new StageTime(
            ComputeDemand.of(made.built(), description.height(), description.width()),
            kept && FrozenPrefix.of(made.built()).isPresent(),
            executors,
            size,
            settings.epochs(),
            atOnce,
            Math.min(threads, cores)));
  }

  private List<MetricRow> earlier(FileSystem fs, Path metrics) {
    List<MetricRow> rows = new ArrayList<>();
    Manifest.readIfPresent(fs, metrics)
        .ifPresent(
            manifest ->
                manifest
                    .files("epoch-", ".parquet")
                    .forEach(
                        file ->
                            rows.addAll(
                                MetricRow.TABLE.readAll(hadoop, new Path(metrics, file.name())))));
    return rows;
  }

  private static Amount free(FileSystem fs, Path run) {
    try {
      Path there = run;
      while (!fs.exists(there) && there.getParent() != null) {
        there = there.getParent();
      }
      long free = fs.getStatus(there).getRemaining();
      return free < 0 || free >= Long.MAX_VALUE / 2
          ? Amount.unknown("the file system of " + run + " does not say")
          : new Amount((long) (free / MIB), "free where " + run + " lies");
    } catch (IOException e) {
      return Amount.unknown("the file system does not say: " + e.getMessage());
    }
  }

  private static int copies(FileSystem fs, Path run) {
    return Math.max(1, fs.getDefaultReplication(run));
  }

  private static Amount held(FileSystem fs, RunLayout run) {
    try {
      long bytes =
          fs.exists(run.stages()) ? fs.getContentSummary(run.stages()).getSpaceConsumed() : 0;
      return new Amount((long) (bytes / MIB), "less what the run folder holds already");
    } catch (IOException e) {
      return Amount.unknown("the file system does not say: " + e.getMessage());
    }
  }
}
