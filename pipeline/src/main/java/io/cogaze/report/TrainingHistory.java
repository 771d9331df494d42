package io.cogaze.report;

import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;

import io.cogaze.report.ReportContent.Curve;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLayout;
import io.cogaze.shard.Columns;
import io.cogaze.shard.ParquetTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.schema.Types;

/** Reads what training measured, stage by stage. */
final class TrainingHistory {
  private static final List<String> CURVES = List.of("loss", "auroc_macro", "kl");

  /** The columns of training's metrics that curves are drawn from. */
  private static final ParquetTable<EpochValue> TABLE =
      new ParquetTable<>(
          Types.buildMessage()
              .addFields(
                  Columns.required(INT32, "epoch"),
                  Columns.required(INT32, "round"),
                  Columns.string("split"),
                  Columns.string("metric"),
                  Columns.optionalDouble("value"))
              .named("metrics"),
          1,
          (row, group) -> {
            throw new UnsupportedOperationException("Training writes its metrics itself");
          },
          group ->
              new EpochValue(
                  group.getInteger("epoch", 0),
                  group.getInteger("round", 0),
                  group.getString("split", 0),
                  group.getString("metric", 0),
                  Columns.doubleOf(group, "value")));

  private final FileSystem fs;
  private final RunLayout layout;

  TrainingHistory(FileSystem fs, RunLayout layout) {
    this.fs = fs;
    this.layout = layout;
  }

  private record EpochValue(
      int epoch, int round, String split, String metric, OptionalDouble value) {}

  /** Epoch values of the stages that left training metrics; evaluated stages come last. */
  List<Curve> curves(List<String> evaluated) {
    List<String> stages = new ArrayList<>(stageFolders());
    stages.removeAll(evaluated);
    stages.addAll(evaluated);
    List<Curve> curves = new ArrayList<>();
    for (String stage : stages) {
      Path metrics = layout.stage(stage).metrics();
      Optional<Manifest> manifest = Manifest.readIfPresent(fs, metrics);
      if (manifest.isEmpty()) {
        continue;
      }
      Map<String, TreeMap<Integer, Double>> series = new TreeMap<>();
      for (ManifestFile file : manifest.get().files()) {
        for (EpochValue row : TABLE.readAll(fs.getConf(), new Path(metrics, file.name()))) {
          if (row.round() == 0 && row.value().isPresent()) {
            series
                .computeIfAbsent(row.metric() + "/" + row.split(), key -> new TreeMap<>())
                .put(row.epoch(), row.value().getAsDouble());
          }
        }
      }
      for (String metric : CURVES) {
        for (String fold : List.of("train", "valid")) {
          TreeMap<Integer, Double> values = series.get(metric + "/" + fold);
          // The loss of the saliency stage is its KL divergence already.
          boolean repeated =
              metric.equals("kl") && values != null && values.equals(series.get("loss/" + fold));
          if (values != null && !repeated) {
            curves.add(
                new Curve(
                    stage,
                    metric,
                    fold,
                    "epoch",
                    values.keySet().stream().map(Integer::doubleValue).toList(),
                    List.copyOf(values.values())));
          }
        }
      }
    }
    return curves;
  }

  private List<String> stageFolders() {
    List<String> names = new ArrayList<>();
    try {
      if (fs.exists(layout.stages())) {
        for (FileStatus status : fs.listStatus(layout.stages())) {
          if (status.isDirectory()) {
            names.add(status.getPath().getName());
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + layout.stages() + ": " + e.getMessage(), e);
    }
    names.sort(null);
    return names;
  }
}
