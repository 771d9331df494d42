package io.cogaze.report;

import io.cogaze.inference.Evaluator;
import io.cogaze.inference.MetricRow;
import io.cogaze.inference.MetricTable;
import io.cogaze.inference.Prediction;
import io.cogaze.inference.PredictionTable;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.shard.ParquetTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Reads the tables of an evaluation: only files that its manifest lists. */
final class EvaluationTables {
  private final Configuration conf;
  private final Path folder;
  private final Manifest manifest;

  EvaluationTables(Configuration conf, Path folder, Manifest manifest) {
    this.conf = conf;
    this.folder = folder;
    this.manifest = manifest;
  }

  private List<Path> files(String prefix) {
    return manifest.files().stream()
        .map(ManifestFile::name)
        .filter(name -> name.startsWith(prefix))
        .map(name -> new Path(folder, name))
        .toList();
  }

  List<MetricRow> metrics() {
    List<MetricRow> rows = new ArrayList<>();
    files("metrics/").forEach(file -> rows.addAll(MetricTable.TABLE.readAll(conf, file)));
    return rows;
  }

  /** Every prediction without its pictures, by example. */
  List<ScoredRow> scored() {
    List<ScoredRow> rows = new ArrayList<>();
    files(Evaluator.PREDICTIONS + "/")
        .forEach(file -> rows.addAll(ScoredRow.TABLE.readAll(conf, file)));
    rows.sort(Comparator.comparing(ScoredRow::exampleId));
    return rows;
  }

  /** The predictions of a stage that have pictures, of these examples, by their ids. */
  Map<String, Prediction> pictures(String stage, Set<String> ids) {
    Map<String, Prediction> pictures = new TreeMap<>();
    for (Path file : files(Evaluator.PREDICTIONS + "/")) {
      try (ParquetTable.Reader<ScoredRow> small = ScoredRow.TABLE.reader(conf, file);
          ParquetTable.Reader<Prediction> whole = PredictionTable.TABLE.reader(conf, file)) {
        for (int group = 0; group < small.rowGroups(); group++) {
          // Maps are large: row groups that hold none of the examples are not read.
          boolean wanted =
              small.readRowGroup(group).stream()
                  .anyMatch(row -> row.stage().equals(stage) && ids.contains(row.exampleId()));
          if (wanted) {
            whole.readRowGroup(group).stream()
                .filter(row -> row.stage().equals(stage) && ids.contains(row.exampleId()))
                .filter(row -> row.pixels().isPresent())
                .forEach(row -> pictures.put(row.exampleId(), row));
          }
        }
      }
    }
    return pictures;
  }
}
