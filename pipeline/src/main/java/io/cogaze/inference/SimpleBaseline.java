package io.cogaze.inference;

import io.cogaze.image.GreyImage;
import io.cogaze.image.SimpleFeatures;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.JavaBytes;
import io.cogaze.shard.ShardHandle;
import io.cogaze.shard.Split;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.classification.LogisticRegressionModel;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Multinomial logistic regression on {@link SimpleFeatures}, fitted on the training split: what the
 * classes give away by brightness alone. Features are standardised, the L2 penalty is 0.01.
 */
final class SimpleBaseline {
  private static final int CHUNK = 256;
  private static final double PENALTY = 0.01;
  private static final int ITERATIONS = 200;

  private SimpleBaseline() {}

  /** An example's features. */
  private record Sample(
      String exampleId, String patientKey, Split split, int target, double[] features)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Predictions for the examples of a split whose class is known, by example id; empty when the
   * training split lacks a class.
   */
  static Optional<List<Scored>> predict(
      SparkSession session, ShardHandle shards, List<IndexEntry> index, int classes, Split split) {
    List<Sample> samples = samples(session, shards, index, split);
    List<Sample> train = samples.stream().filter(s -> s.split() == Split.TRAIN).toList();
    if (train.stream().mapToInt(Sample::target).distinct().count() < classes) {
      return Optional.empty();
    }
    LogisticRegressionModel model = fit(session, train);
    List<Scored> scored = new ArrayList<>();
    for (Sample sample : samples) {
      if (sample.split() == split) {
        Vector probabilities = model.predictProbability(Vectors.dense(sample.features()));
        float[] narrow = new float[classes];
        for (int c = 0; c < classes; c++) {
          narrow[c] = (float) probabilities.apply(c);
        }
        scored.add(
            new Scored(
                sample.exampleId(), sample.patientKey(), sample.target(), narrow, null, null));
      }
    }
    return Optional.of(scored);
  }

  private static List<Sample> samples(
      SparkSession session, ShardHandle shards, List<IndexEntry> index, Split split) {
    List<IndexEntry> wanted =
        index.stream()
            .filter(e -> e.targetClass() >= 0 && (e.split() == Split.TRAIN || e.split() == split))
            .toList();
    List<byte[]> chunks = Chunk.cut(wanted, CHUNK).stream().map(JavaBytes::of).toList();
    List<Sample> samples = new ArrayList<>();
    JavaSparkContext.fromSparkContext(session.sparkContext())
        .parallelize(chunks, chunks.size())
        .map(bytes -> JavaBytes.of(features(JavaBytes.read(bytes, Chunk.class), shards)))
        .collect()
        .forEach(
            bytes -> {
              for (Sample sample : JavaBytes.read(bytes, Sample[].class)) {
                samples.add(sample);
              }
            });
    samples.sort(Comparator.comparing(Sample::exampleId));
    return samples;
  }

  private static Sample[] features(Chunk chunk, ShardHandle shards) {
    List<Sample> samples = new ArrayList<>();
    chunk.forEach(
        shards,
        example -> {
          double[] features =
              SimpleFeatures.of(
                  new GreyImage(example.width(), example.height(), new Reduced(example, 1).grey()));
          samples.add(
              new Sample(
                  example.exampleId(),
                  example.patientKey(),
                  example.split(),
                  chunk.entries().get(samples.size()).targetClass(),
                  features));
        });
    return samples.toArray(Sample[]::new);
  }

  private static LogisticRegressionModel fit(SparkSession session, List<Sample> train) {
    List<Row> rows =
        train.stream()
            .map(s -> RowFactory.create((double) s.target(), Vectors.dense(s.features())))
            .toList();
    StructType schema =
        new StructType()
            .add("label", DataTypes.DoubleType, false)
            .add("features", SQLDataTypes.VectorType(), false);
    // One partition, so that sums are taken in one order: the fit is small.
    return new LogisticRegression()
        .setFamily("multinomial")
        .setRegParam(PENALTY)
        .setMaxIter(ITERATIONS)
        .fit(session.createDataFrame(rows, schema).coalesce(1));
  }
}
