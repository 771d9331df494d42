package io.cogaze.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.error.InputException;
import io.cogaze.shard.Example;
import io.cogaze.shard.HadoopConf;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.SaliencyTarget;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.Split;
import io.cogaze.train.TestSpark;
import io.cogaze.train.TrainingShards;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionTaskTest {
  @TempDir static Path folder;
  private static ShardSet shards;

  @BeforeAll
  static void writeShards() throws IOException {
    shards =
        ShardSet.open(
            new Configuration(), TrainingShards.write(folder.resolve("shards"), 30, 13, 16, 24));
  }

  /** Answers by the brightness of the thirds of the picture; the map is the picture. */
  record ByBrightness(boolean fails) implements Predictor.Source {
    private static final long serialVersionUID = 1L;

    @Override
    public String key() {
      return "by-brightness-" + fails;
    }

    @Override
    public Predictor open() {
      return new Predictor() {
        @Override
        public List<Output> predict(List<Example> batch) {
          if (fails) {
            throw new InputException("Cannot read the picture\n  fix: none, it is a test");
          }
          return batch.stream().map(ByBrightness::output).toList();
        }

        @Override
        public void close() {
          // Holds nothing.
        }
      };
    }

    private static Predictor.Output output(Example example) {
      float[] grey = new Reduced(example, 1).grey();
      float[] thirds = new float[3];
      double sum = 0;
      for (int i = 0; i < grey.length; i++) {
        thirds[i / example.width() * 3 / example.height()] += grey[i];
        sum += grey[i];
      }
      float[] map = grey.clone();
      for (int i = 0; i < map.length; i++) {
        map[i] /= (float) sum;
      }
      for (int c = 0; c < 3; c++) {
        thirds[c] /= (float) sum;
      }
      return new Predictor.Output(Optional.of(thirds), Optional.of(map));
    }
  }

  @Test
  void sameRowsInTheSameOrderWhateverTheCut() throws IOException {
    List<IndexEntry> entries = new ArrayList<>(shards.index());
    List<Prediction> one = predict(Chunk.cut(entries, 100), 7, new ByBrightness(false));
    Collections.shuffle(entries, new Random(3));
    List<Prediction> other = predict(Chunk.cut(entries, 4), 2, new ByBrightness(false));
    assertThat(one).hasSize(43);
    for (int i = 0; i < one.size(); i++) {
      Prediction expected = one.get(i);
      Prediction found = other.get(i);
      assertThat(found.exampleId()).isEqualTo(expected.exampleId());
      assertThat(found.target()).isEqualTo(expected.target());
      assertThat(found.scores()).isEqualTo(expected.scores());
      assertThat(found.probabilities().orElseThrow())
          .containsExactly(expected.probabilities().orElseThrow());
      assertThat(found.map().orElseThrow()).containsExactly(expected.map().orElseThrow());
    }
    assertThat(one).allMatch(row -> row.target().equals(row.predicted()));
    assertThat(one.get(0).target().orElseThrow().name())
        .isEqualTo(TrainingShards.CLASSES.get(one.get(0).target().orElseThrow().index()));
  }

  @Test
  void failureThatATaskExplainsReachesTheUserAsItWas() {
    List<Chunk> chunks = Chunk.cut(shards.index(), 100);
    assertThatThrownBy(() -> predict(chunks, 7, new ByBrightness(true)))
        .isInstanceOf(InputException.class)
        .hasMessage("Cannot read the picture\n  fix: none, it is a test");
  }

  @Test
  void meanGazeMapIsTheMeanOverTrainingExamplesOnly() {
    double[] mean =
        MeanGazeMap.of(spark(), shards.handle(), shards.manifest(), shards.index()).orElseThrow();
    double[] expected = new double[16 * 24];
    for (int i = 0; i < 30; i++) {
      double[] map =
          new Reduced(TrainingShards.example(i, Split.TRAIN, 16, 24), 1).gaze().orElseThrow();
      for (int p = 0; p < map.length; p++) {
        expected[p] += map[p] / 30;
      }
    }
    assertThat(mean).containsExactly(expected, within(1e-15));
    float[] half = MeanGazeMap.reduced(mean, 16, 24, 2);
    assertThat((double) half[0])
        .isCloseTo(expected[0] + expected[1] + expected[24] + expected[25], within(1e-9));
    List<IndexEntry> withoutTrain =
        shards.index().stream().filter(e -> e.split() != Split.TRAIN).toList();
    assertThat(MeanGazeMap.of(spark(), shards.handle(), shards.manifest(), withoutTrain)).isEmpty();
  }

  @Test
  void chunksNeverCrossFilesAndHoldEachExampleOnce() {
    List<Chunk> chunks = Chunk.cut(shards.index(), 6);
    assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.entries()).hasSizeBetween(1, 6));
    assertThat(chunks)
        .allSatisfy(
            chunk ->
                assertThat(chunk.entries().stream().map(IndexEntry::file).distinct()).hasSize(1));
    assertThat(chunks.stream().flatMap(chunk -> chunk.entries().stream()))
        .containsExactlyInAnyOrderElementsOf(shards.index());
    assertThat(chunks).extracting(Chunk::number).isSorted().doesNotHaveDuplicates();
    assertThat(Chunk.cut(List.of(), 6)).isEmpty();
  }

  @Test
  void gazeOfZeroMassCountsAsNoGazeAndReductionKeepsTheMass() {
    Example example = TrainingShards.example(1, Split.TRAIN, 16, 24);
    Reduced reduced = new Reduced(example, 4);
    assertThat(reduced.height()).isEqualTo(4);
    assertThat(reduced.width()).isEqualTo(6);
    double sum = 0;
    for (double value : reduced.gaze().orElseThrow()) {
      sum += value;
    }
    assertThat(sum).isCloseTo(1, within(1e-12));
    Example empty =
        new Example(
            example.exampleId(),
            example.imageId(),
            example.studyId(),
            example.patientKey(),
            example.dataset(),
            example.reader(),
            example.split(),
            16,
            24,
            example.pixels(),
            Optional.of(new SaliencyTarget(new short[16 * 24], 1)),
            example.masks(),
            example.labels(),
            example.fixations(),
            example.geometry());
    assertThat(new Reduced(empty, 1).gaze()).isEmpty();
  }

  private static List<Prediction> predict(
      List<Chunk> chunks, int batchSize, Predictor.Source source) throws IOException {
    Path out = Files.createTempDirectory(folder, "out");
    PredictionTask.Plan plan =
        new PredictionTask.Plan(
            "run", "fuse", out.toString(), TrainingShards.CLASSES, 1, batchSize, true);
    PredictionTask task =
        new PredictionTask(
            plan, shards.handle(), new HadoopConf(new Configuration()), source, null);
    List<Prediction> rows = new ArrayList<>();
    for (PredictionTask.Result result : Evaluator.predict(spark(), chunks, task)) {
      rows.addAll(
          PredictionTable.TABLE.readAll(
              new Configuration(), new org.apache.hadoop.fs.Path(out + "/" + result.file())));
    }
    return rows;
  }

  private static JavaSparkContext spark() {
    return JavaSparkContext.fromSparkContext(TestSpark.session().sparkContext());
  }
}
