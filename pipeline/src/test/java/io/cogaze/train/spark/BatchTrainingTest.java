package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.train.TestSpark;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.TrainingState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Batches that lie in an RDD: the way on which CoGaze's master meets Deeplearning4j's. */
class BatchTrainingTest {
  private static final int SIZE = 32;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    // As the workers have it: another number rounds differently.
    NativeLibrary.threads(1);
  }

  @Test
  void oneWorkerEndsInTheBitsOfAFitOnTheSameBatches() {
    List<Integer> sizes = List.of(4, 4, 4, 3);
    StageDefinition definition = definition("one", UpdaterSettings.Kind.ADAM);
    StageNetwork alone = StageNetwork.initialise(definition, 1e-3);
    for (int batch = 0; batch < sizes.size(); batch++) {
      alone.graph().fit(batch(batch, sizes.get(batch)));
    }

    try (BatchTraining training = new BatchTraining(context(), definition, 3, 2, true)) {
      List<RoundSummary> rounds = training.epoch(batches(List.of(sizes)));

      assertThat(rounds).hasSize(2);
      assertThat(rounds.stream().mapToLong(RoundSummary::examples).sum()).isEqualTo(15);
      TrainingState state = training.network().state();
      assertThat(state.learned()).containsExactly(alone.state().learned());
      assertThat(state.means()).containsExactly(alone.state().means());
      assertThat(state.variances()).containsExactly(alone.state().variances());
      assertThat(state.updater()).containsExactly(alone.state().updater());
      assertThat(state.iteration()).isEqualTo(4);
      assertThat(state.epoch()).isEqualTo(1);
    }
  }

  @Test
  void workersCountByTheirExamplesAndThoseWithoutBatchesNotAtAll() {
    List<List<Integer>> sizes = List.of(List.of(4), List.of(2), List.of());
    StageDefinition definition = definition("weighted", UpdaterSettings.Kind.SGD);
    StageNetwork first = StageNetwork.initialise(definition, 1e-3);
    StageNetwork second = StageNetwork.initialise(definition, 1e-3);
    first.graph().fit(batch(0, 4));
    second.graph().fit(batch(1000, 2));

    try (BatchTraining training = new BatchTraining(context(), definition, 2, 5, true)) {
      List<RoundSummary> rounds = training.epoch(batches(sizes));

      assertThat(rounds).hasSize(1);
      assertThat(rounds.get(0).reports()).hasSize(2);
      float[] averaged = training.network().state().learned();
      float[] one = first.state().learned();
      float[] two = second.state().learned();
      for (int i = 0; i < averaged.length; i++) {
        double expected = 4.0 / 6 * one[i] + 2.0 / 6 * two[i];
        assertThat((double) averaged[i]).isCloseTo(expected, within(1e-7));
      }
    }
  }

  @Test
  void roundsWithoutComputingLeaveTheStateAsItIs() {
    StageDefinition definition = definition("carried", UpdaterSettings.Kind.ADAM);
    try (BatchTraining training = new BatchTraining(context(), definition, 5, 1, false)) {
      TrainingState before = training.network().state();
      List<RoundSummary> rounds = training.epoch(batches(List.of(List.of(2, 2), List.of(2, 2))));

      assertThat(rounds).hasSize(2);
      assertThat(training.network().state().learned()).containsExactly(before.learned());
      assertThat(training.network().state().updater()).containsExactly(before.updater());
    }
  }

  private static JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(TestSpark.session().sparkContext());
  }

  /** For each worker the sizes of its batches. */
  private static JavaRDD<MultiDataSet> batches(List<List<Integer>> sizes) {
    List<ArrayList<Integer>> copy = new ArrayList<>();
    sizes.forEach(ofWorker -> copy.add(new ArrayList<>(ofWorker)));
    return context()
        .parallelize(copy, copy.size())
        .mapPartitionsWithIndex(
            (worker, lists) -> {
              List<MultiDataSet> made = new ArrayList<>();
              lists.forEachRemaining(
                  list -> {
                    for (int size : list) {
                      made.add(batch(1000 * worker + made.size(), size));
                    }
                  });
              return made.iterator();
            },
            true);
  }

  private static MultiDataSet batch(int number, int size) {
    SplittableRandom random = new SplittableRandom(number);
    float[] image = new float[size * SIZE * SIZE];
    for (int i = 0; i < image.length; i++) {
      image[i] = (float) random.nextDouble();
    }
    float[] labels = new float[size * 3];
    for (int i = 0; i < size; i++) {
      labels[i * 3 + random.nextInt(3)] = 1;
    }
    return new org.nd4j.linalg.dataset.MultiDataSet(
        new INDArray[] {Nd4j.createFromArray(image).reshape(size, 1, SIZE, SIZE)},
        new INDArray[] {Nd4j.createFromArray(labels).reshape(size, 3)});
  }

  private static StageDefinition definition(String key, UpdaterSettings.Kind updater) {
    return new StageDefinition(
        "batch training/" + key,
        "test",
        new DenseNetClassifierSpec(SIZE, SIZE, new DenseNetSpec(List.of(1, 1, 1, 1), 4, 8), 3),
        Map.of(Head.DENSENET_CLASS, 1.0),
        List.of("densenet", "densenet-classifier"),
        new UpdaterSettings(updater, 1e-3),
        TripletOptions.defaults(),
        List.of("a", "b", "c"),
        1,
        7,
        1);
  }
}
