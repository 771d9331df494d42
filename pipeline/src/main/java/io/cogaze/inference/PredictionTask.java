package io.cogaze.inference;

import io.cogaze.inference.Prediction.NamedClass;
import io.cogaze.metric.Classification;
import io.cogaze.metric.MapPoint;
import io.cogaze.run.FolderCommit;
import io.cogaze.shard.Example;
import io.cogaze.shard.HadoopConf;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.JavaBytes;
import io.cogaze.shard.ParquetTable;
import io.cogaze.shard.ShardHandle;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/** Predicts a chunk with one stage and writes its predictions file. Runs on executors. */
final class PredictionTask implements Function<byte[], byte[]> {
  private static final long serialVersionUID = 1L;

  private final Plan plan;
  private final ShardHandle shards;
  private final HadoopConf conf;
  private final Predictor.Source source;
  private final Broadcast<float[]> floor;

  /**
   * @param floor the mean training gaze map at the network's size; null without training gaze
   */
  PredictionTask(
      Plan plan,
      ShardHandle shards,
      HadoopConf conf,
      Predictor.Source source,
      Broadcast<float[]> floor) {
    this.plan = plan;
    this.shards = shards;
    this.conf = conf;
    this.source = source;
    this.floor = floor;
  }

  /**
   * What is the same for all chunks of a stage.
   *
   * @param folder of the evaluation
   * @param reduction factor between the shards' size and the network's
   */
  record Plan(
      String run,
      String stage,
      String folder,
      List<String> classes,
      int reduction,
      int batchSize,
      boolean writeMaps)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /**
   * What a task gives back.
   *
   * @param file name relative to the evaluation's folder
   */
  record Result(int chunk, String file, WrittenFile written, ArrayList<Scored> rows)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  @Override
  public byte[] call(byte[] bytes) {
    Chunk chunk = JavaBytes.read(bytes, Chunk.class);
    return PredictorPool.ofThisJvm().run(source, predictor -> JavaBytes.of(run(chunk, predictor)));
  }

  private Result run(Chunk chunk, Predictor predictor) {
    String prefix = String.format(Locale.ROOT, "predictions/%s-%05d", plan.stage(), chunk.number());
    String name = FolderCommit.fileName(prefix, ".parquet");
    Path file = new Path(plan.folder(), name);
    Work work = new Work(predictor, chunk);
    try {
      ParquetTable.Writer<Prediction> writer =
          PredictionTable.TABLE.writer(
              file.getFileSystem(conf.get()), file, StorageSettings.DEFAULT);
      try (writer) {
        work.writer = writer;
        chunk.forEach(shards, work::add);
        work.flush();
      }
      return new Result(chunk.number(), name, writer.written(), work.scored);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** The state of one chunk. */
  private final class Work {
    private final Predictor predictor;
    private final List<IndexEntry> entries;
    private final List<Example> batch = new ArrayList<>();
    private final ArrayList<Scored> scored = new ArrayList<>();
    private ParquetTable.Writer<Prediction> writer;

    Work(Predictor predictor, Chunk chunk) {
      this.predictor = predictor;
      this.entries = chunk.entries();
    }

    void add(Example example) {
      batch.add(example);
      if (batch.size() == plan.batchSize()) {
        flush();
      }
    }

    void flush() {
      if (batch.isEmpty()) {
        return;
      }
      List<Predictor.Output> outputs = predictor.predict(batch);
      for (int i = 0; i < outputs.size(); i++) {
        // Rows are scored in the order of the entries, so the next one is this example's.
        write(batch.get(i), entries.get(scored.size()).targetClass(), outputs.get(i));
      }
      batch.clear();
    }

    private void write(Example example, int target, Predictor.Output output) {
      Reduced reduced = new Reduced(example, plan.reduction());
      Optional<float[]> gaze = reduced.gaze().map(Reduced::narrow);
      Optional<MapScores> scores = Optional.empty();
      Optional<MapScores> floorScores = Optional.empty();
      if (gaze.isPresent() && output.map().isPresent()) {
        List<MapPoint> points = reduced.fixations();
        int height = reduced.height();
        int width = reduced.width();
        scores = Optional.of(MapScores.of(output.map().get(), gaze.get(), height, width, points));
        if (floor != null) {
          floorScores = Optional.of(MapScores.of(floor.value(), gaze.get(), height, width, points));
        }
      }
      Prediction row =
          new Prediction(
              plan.run(),
              plan.stage(),
              example.split(),
              example.exampleId(),
              example.imageId(),
              example.patientKey(),
              target < 0 ? Optional.empty() : Optional.of(named(target)),
              output.probabilities(),
              output.probabilities().map(p -> named(Classification.argMax(p))),
              reduced.height(),
              reduced.width(),
              plan.writeMaps() ? output.map() : Optional.empty(),
              plan.writeMaps() ? gaze : Optional.empty(),
              plan.writeMaps() ? Optional.of(reduced.bytes()) : Optional.empty(),
              scores,
              floorScores);
      try {
        writer.write(row);
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot write predictions: " + e.getMessage(), e);
      }
      scored.add(
          new Scored(
              example.exampleId(),
              example.patientKey(),
              target,
              output.probabilities().orElse(null),
              scores.orElse(null),
              floorScores.orElse(null)));
    }

    private NamedClass named(int index) {
      return new NamedClass(index, plan.classes().get(index));
    }
  }
}
