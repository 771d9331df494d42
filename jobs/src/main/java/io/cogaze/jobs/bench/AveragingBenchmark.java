package io.cogaze.jobs.bench;

import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.Turns;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.UpdaterSettings;
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
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * CoGaze's training master against Deeplearning4j's {@code ParameterAveragingTrainingMaster}: the
 * same network of the same layers from the same parameters, the same RDD of batches, workers,
 * averaging frequency, optimiser and schedule: Adam, whose rate falls linearly over the epochs.
 * Each begins at its own best of some rates. The two take turns, epoch by epoch.
 */
public final class AveragingBenchmark {
  private static final Logger LOG = LoggerFactory.getLogger(AveragingBenchmark.class);
  private static final int HELD_OUT_BATCH = 64;
  private static final int SHUFFLE_WINDOW = 256;
  private static final int ROW_GROUP = 32;
  private static final long WARM_UP_SEED = 1_000_000;
  private static final long TUNING_SEED = 1_000_001;

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
   * @param learningRates Adam's in the first epoch; each master uses the one at which it does best
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
      List<Double> learningRates) {

    /** Errors: {@link ConfigurationException} for a number below 1, another size or rate. */
    public Settings {
      learningRates = List.copyOf(learningRates);
      if (learningRates.isEmpty() || learningRates.stream().anyMatch(rate -> !(rate > 0))) {
        throw new ConfigurationException(
            "--learning-rate is " + learningRates + ", but must be numbers above 0.");
      }
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

  /**
   * Measures; each epoch is handed over as soon as both sides have done it. With more than one rate
   * the first epochs are tuning: both masters at each rate on pictures of their own, which choose
   * each master's rate.
   */
  public List<AveragingEpoch> run(Consumer<AveragingEpoch> listener) {
    NativeLibrary.prepare();
    List<Double> rates = settings.learningRates();
    train(new Turn(WARM_UP_SEED, both(rates.get(0)), true), 1, epoch -> {});
    List<AveragingEpoch> all = new ArrayList<>();
    Consumer<AveragingEpoch> keep =
        epoch -> {
          all.add(epoch);
          listener.accept(epoch);
        };
    BestRates best = both(rates.get(0));
    if (rates.size() > 1) {
      rates.forEach(
          rate -> train(new Turn(TUNING_SEED, both(rate), true), settings.epochs(), keep));
      best = BestRates.of(all);
    }
    for (long seed = 1; seed <= settings.seeds(); seed++) {
      train(new Turn(seed, best, false), settings.epochs(), keep);
    }
    return all;
  }

  private static BestRates both(double rate) {
    return new BestRates(rate, rate);
  }

  /** Both masters from one start. */
  private void train(Turn turn, int epochs, Consumer<AveragingEpoch> listener) {
    ToyStudies studies = new ToyStudies(turn.seed(), settings.size());
    List<MultiDataSet> heldOut = heldOut(studies);
    try (AveragingSide cogaze =
            new CogazeSide(
                context, rate -> definition(turn, rate), turn.rates().cogaze(), settings);
        AveragingSide stock =
            new StockSide(context, definition(turn, turn.rates().stock()), settings)) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        cogaze.learningRate(lowered(turn.rates().cogaze(), epoch, epochs));
        stock.learningRate(lowered(turn.rates().stock(), epoch, epochs));
        JavaRDD<MultiDataSet> batches =
            WorkerBatches.of(context, studies, plan(turn.seed(), epoch))
                .persist(StorageLevel.MEMORY_ONLY_SER());
        long made = batches.count();
        boolean cogazeFirst = epoch % 2 == 1;
        Trained first = Trained.by(cogazeFirst ? cogaze : stock, batches);
        Trained second = Trained.by(cogazeFirst ? stock : cogaze, batches);
        batches.unpersist();
        AveragingEpoch done =
            new AveragingEpoch(
                turn.seed(),
                epoch,
                turn.tuning(),
                settings.examples(),
                cogazeFirst ? "cogaze" : "stock",
                (cogazeFirst ? first : second)
                    .master(turn.rates().cogaze(), loss(cogaze.network(), heldOut)),
                (cogazeFirst ? second : first)
                    .master(turn.rates().stock(), loss(stock.network(), heldOut)));
        LOG.info(
            "seed {}, epoch {} of {}, {} batches, rates {} and {}: held-out loss {} and {} (stock),"
                + " seconds {} and {}",
            turn.seed(),
            epoch,
            epochs,
            made,
            BestRates.rate(turn.rates().cogaze()),
            BestRates.rate(turn.rates().stock()),
            String.format(Locale.ROOT, "%.4f", done.cogaze().loss()),
            String.format(Locale.ROOT, "%.4f", done.stock().loss()),
            String.format(Locale.ROOT, "%.2f", done.cogaze().seconds()),
            String.format(Locale.ROOT, "%.2f", done.stock().seconds()));
        listener.accept(done);
      }
    }
  }

  private static double lowered(double rate, int epoch, int epochs) {
    return new UpdaterSettings(UpdaterSettings.Kind.ADAM, rate, UpdaterSettings.Decay.LINEAR)
        .rateOf(rate, epoch, epochs);
  }

  /**
   * A training of both masters.
   *
   * @param tuning whether it serves to choose the rates, and is not compared
   */
  private record Turn(long seed, BestRates rates, boolean tuning) {}

  /** What an epoch took. */
  private record Trained(long examples, double seconds) {
    static Trained by(AveragingSide side, JavaRDD<MultiDataSet> batches) {
      long start = System.nanoTime();
      long examples = side.epoch(batches);
      return new Trained(examples, (System.nanoTime() - start) / 1e9);
    }

    AveragingEpoch.Master master(double rate, double loss) {
      return new AveragingEpoch.Master(rate, loss, seconds, examples);
    }
  }

  private StageDefinition definition(Turn turn, double rate) {
    return new StageDefinition(
        "benchmark of averaging/" + turn.seed() + "/" + turn.rates(),
        "benchmark",
        new DenseNetClassifierSpec(
            settings.size(),
            settings.size(),
            new DenseNetSpec(List.of(2, 2, 2, 2), 8, 16),
            ToyStudies.CLASSES),
        Map.of(Head.DENSENET_CLASS, 1.0),
        List.of("densenet", "densenet-classifier"),
        new UpdaterSettings(UpdaterSettings.Kind.ADAM, rate),
        TripletOptions.defaults(),
        List.of("nothing", "blob", "band"),
        1,
        turn.seed(),
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
      batches.add(studies.expected(numbers));
    }
    return batches;
  }

  private static double loss(StageNetwork network, List<MultiDataSet> batches) {
    double sum = 0;
    long examples = 0;
    for (MultiDataSet batch : batches) {
      long size = batch.getFeatures(0).size(0);
      sum += Turns.loss(network.graph(), batch) * size;
      examples += size;
    }
    return sum / examples;
  }
}
