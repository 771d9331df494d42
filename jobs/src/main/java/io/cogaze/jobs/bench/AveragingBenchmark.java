package io.cogaze.jobs.bench;

import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.spark.BatchTraining;
import io.cogaze.train.spark.RoundSummary;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.LongAccumulator;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * CoGaze's training master against Deeplearning4j's {@code ParameterAveragingTrainingMaster}: the
 * same network of the same layers from the same parameters, the same RDD of batches, workers,
 * averaging frequency and optimiser. The two take turns, epoch by epoch.
 */
public final class AveragingBenchmark {
  private static final Logger LOG = LoggerFactory.getLogger(AveragingBenchmark.class);
  private static final int HELD_OUT_BATCH = 64;
  private static final int SHUFFLE_WINDOW = 256;
  private static final int ROW_GROUP = 32;
  private static final long WARM_UP_SEED = 1_000_000;

  private final JavaSparkContext context;
  private final Settings settings;

  /**
   * What is trained, and how long.
   *
   * @param seeds how many seeds, from 1
   * @param workers averaging workers
   * @param batch examples of a batch
   * @param frequency batches of a worker between two averagings
   * @param examples of an epoch
   * @param heldOut examples that the loss is measured on
   * @param size height and width of the pictures
   */
  public record Settings(
      int seeds,
      int epochs,
      int workers,
      int batch,
      int frequency,
      int examples,
      int heldOut,
      int size,
      double learningRate) {

    /** Errors: {@link ConfigurationException} for a number below 1 or another size. */
    public Settings {
      for (int number : new int[] {seeds, epochs, workers, batch, frequency, examples, heldOut}) {
        if (number < 1) {
          throw new ConfigurationException(
              "--seeds, --epochs, --workers, --batch, --frequency, --examples and --held-out must"
                  + " be at least 1, but one of them is "
                  + number
                  + ".");
        }
      }
      if (size < 32 || size % 32 != 0) {
        throw new ConfigurationException(
            "--size is " + size + ", but must be a multiple of 32, which the network halves.");
      }
    }
  }

  public AveragingBenchmark(JavaSparkContext context, Settings settings) {
    this.context = context;
    this.settings = settings;
  }

  /** Measures; each epoch is handed over as soon as both sides have done it. */
  public List<AveragingEpoch> run(Consumer<AveragingEpoch> listener) {
    NativeLibrary.prepare();
    train(WARM_UP_SEED, 1, epoch -> {});
    List<AveragingEpoch> all = new ArrayList<>();
    for (long seed = 1; seed <= settings.seeds(); seed++) {
      train(
          seed,
          settings.epochs(),
          epoch -> {
            all.add(epoch);
            listener.accept(epoch);
          });
    }
    return all;
  }

  private void train(long seed, int epochs, Consumer<AveragingEpoch> listener) {
    ToyStudies studies = new ToyStudies(seed, settings.size());
    List<MultiDataSet> heldOut = heldOut(studies);
    StageDefinition definition = definition(seed);
    LongAccumulator counted = context.sc().longAccumulator("examples of the stock master");
    StageNetwork stock = StageNetwork.initialise(definition, settings.learningRate());
    SparkComputationGraph stockMaster =
        new SparkComputationGraph(context, stock.graph(), stockMaster(seed, counted));
    try (BatchTraining cogaze =
        new BatchTraining(
            context, definition, 2 * settings.workers(), settings.frequency(), true)) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        JavaRDD<MultiDataSet> batches =
            WorkerBatches.of(context, studies, plan(seed, epoch))
                .persist(StorageLevel.MEMORY_ONLY_SER());
        long made = batches.count();
        boolean cogazeFirst = epoch % 2 == 1;
        double stockSeconds = cogazeFirst ? 0 : stock(stockMaster, batches);
        long start = System.nanoTime();
        List<RoundSummary> rounds = cogaze.epoch(batches);
        double cogazeSeconds = seconds(start);
        stockSeconds = cogazeFirst ? stock(stockMaster, batches) : stockSeconds;
        batches.unpersist();
        AveragingEpoch done =
            new AveragingEpoch(
                seed,
                epoch,
                settings.examples(),
                cogazeFirst ? "cogaze" : "stock",
                new AveragingEpoch.Master(
                    loss(cogaze.network(), heldOut),
                    cogazeSeconds,
                    rounds.stream().mapToLong(RoundSummary::examples).sum()),
                new AveragingEpoch.Master(loss(stock, heldOut), stockSeconds, counted.value()));
        counted.reset();
        LOG.info(
            "seed {}, epoch {} of {}, {} batches: held-out loss {} and {} (stock), seconds {} and"
                + " {}",
            seed,
            epoch,
            epochs,
            made,
            String.format(Locale.ROOT, "%.4f", done.cogaze().loss()),
            String.format(Locale.ROOT, "%.4f", done.stock().loss()),
            String.format(Locale.ROOT, "%.2f", cogazeSeconds),
            String.format(Locale.ROOT, "%.2f", stockSeconds));
        listener.accept(done);
      }
    }
  }

  private static double stock(SparkComputationGraph master, JavaRDD<MultiDataSet> batches) {
    long start = System.nanoTime();
    master.fitMultiDataSet(batches);
    return seconds(start);
  }

  private ParameterAveragingTrainingMaster stockMaster(long seed, LongAccumulator counted) {
    return new ParameterAveragingTrainingMaster.Builder(settings.workers(), settings.batch())
        .batchSizePerWorker(settings.batch())
        .averagingFrequency(settings.frequency())
        .saveUpdater(true)
        .rddTrainingApproach(RDDTrainingApproach.Direct)
        // The RDD is kept in memory already, in the way that this master would do it.
        .storageLevel(null)
        .rngSeed(seed)
        .trainingHooks(new ExampleCounter(counted))
        .build();
  }

  private StageDefinition definition(long seed) {
    return new StageDefinition(
        "benchmark of averaging/" + seed,
        "benchmark",
        new DenseNetClassifierSpec(
            settings.size(),
            settings.size(),
            new DenseNetSpec(List.of(2, 2, 2, 2), 8, 16),
            ToyStudies.CLASSES),
        Map.of(Head.DENSENET_CLASS, 1.0),
        List.of("densenet", "densenet-classifier"),
        new UpdaterSettings(UpdaterSettings.Kind.ADAM, settings.learningRate()),
        TripletOptions.defaults(),
        List.of("nothing", "blob", "band"),
        1,
        seed,
        1);
  }

  /** The batches of CoGaze's own plan. */
  private List<List<List<Integer>>> plan(long seed, int epoch) {
    List<ExampleRef> examples = new ArrayList<>();
    for (int number = 0; number < settings.examples(); number++) {
      examples.add(
          new ExampleRef(
              Integer.toString(number), "made up", number / ROW_GROUP, number % ROW_GROUP, 0));
    }
    EpochPlan plan =
        new EpochPlanner(
                SamplerKind.SHUFFLED,
                settings.workers(),
                settings.batch(),
                Integer.MAX_VALUE,
                SHUFFLE_WINDOW)
            .plan(examples, seed, "benchmark", epoch);
    List<List<List<Integer>>> numbers = new ArrayList<>();
    for (int worker = 0; worker < plan.workers(); worker++) {
      List<List<Integer>> batches = new ArrayList<>();
      for (List<ExampleRef> batch : plan.batches(0, worker)) {
        batches.add(batch.stream().map(ref -> Integer.valueOf(ref.exampleId())).toList());
      }
      numbers.add(batches);
    }
    return numbers;
  }

  private List<MultiDataSet> heldOut(ToyStudies studies) {
    List<MultiDataSet> batches = new ArrayList<>();
    for (int from = 0; from < settings.heldOut(); from += HELD_OUT_BATCH) {
      List<Integer> numbers = new ArrayList<>();
      for (int i = from; i < Math.min(settings.heldOut(), from + HELD_OUT_BATCH); i++) {
        numbers.add(settings.examples() + i);
      }
      batches.add(studies.batch(numbers));
    }
    return batches;
  }

  private static double loss(StageNetwork network, List<MultiDataSet> batches) {
    double sum = 0;
    long examples = 0;
    for (MultiDataSet batch : batches) {
      long size = batch.getFeatures(0).size(0);
      sum += network.graph().score(batch, false) * size;
      examples += size;
    }
    return sum / examples;
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
