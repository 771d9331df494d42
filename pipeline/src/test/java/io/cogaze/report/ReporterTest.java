package io.cogaze.report;

import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.InputException;
import io.cogaze.inference.Evaluator;
import io.cogaze.inference.MapScores;
import io.cogaze.inference.MetricNames;
import io.cogaze.inference.MetricRow;
import io.cogaze.inference.MetricTable;
import io.cogaze.inference.Prediction;
import io.cogaze.inference.PredictionTable;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Json;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLayout;
import io.cogaze.shard.Columns;
import io.cogaze.shard.Compression;
import io.cogaze.shard.Leakage;
import io.cogaze.shard.ParquetTable;
import io.cogaze.shard.Split;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.schema.Types;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReporterTest {
  private static final List<String> CLASSES = List.of("Normal", "CHF");
  private static final ParquetTable<Double> TRAINING =
      new ParquetTable<>(
          Types.buildMessage()
              .addFields(
                  Columns.string("run"),
                  Columns.string("stage"),
                  Columns.required(INT32, "epoch"),
                  Columns.required(INT32, "round"),
                  Columns.string("split"),
                  Columns.string("metric"),
                  Columns.optionalDouble("value"),
                  Columns.required(INT64, "n"))
              .named("metrics"),
          1,
          (value, group) -> {
            group.append("run", "run").append("stage", "fuse").append("epoch", 1);
            group.append("round", 0).append("split", "train").append("metric", "loss");
            group.append("value", value).append("n", 4L);
          },
          group -> group.getDouble("value", 0));

  /** Characters that globs and URIs give a meaning to. */
  @TempDir java.nio.file.Path temporary;

  private final Configuration conf = new Configuration();
  private java.nio.file.Path run;
  private RunLayout layout;
  private FileSystem fs;

  @BeforeEach
  void writeRun() throws IOException {
    run = temporary.resolve("mein Ordner ö%20 [x] {a,b}").resolve("run");
    fs = FileSystem.getLocal(conf);
    layout = new RunLayout(new Path(run.toUri()));
    trained("weights of epoch one");
    evaluated("weights of epoch one", Optional.of(new Leakage("authors-by-image", 2, 0)));
  }

  private void trained(String weights) throws IOException {
    Path stage = layout.stage("fuse").folder();
    FolderCommit.withdraw(fs, stage);
    FolderCommit.begin(fs, stage, "stage")
        .publish(Map.of("best_epoch", 1, "parameters_sha256", weights));
    FolderCommit metrics = FolderCommit.begin(fs, layout.stage("fuse").metrics(), "metrics");
    Path file = metrics.newFile("epoch-00001", ".parquet");
    add(metrics, file, TRAINING.writeAll(fs, file, StorageSettings.TABLE, List.of(1.25)));
    metrics.publish(Map.of("epochs", 1));
  }

  private void evaluated(String weights, Optional<Leakage> leakage) throws IOException {
    FolderCommit commit = FolderCommit.begin(fs, layout.evaluation("test"), Evaluator.KIND);
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      predictions.add(prediction(i));
    }
    Path file = commit.newFile(Evaluator.PREDICTIONS + "/fuse", ".parquet");
    add(
        commit,
        file,
        PredictionTable.TABLE.writeAll(
            fs, file, new StorageSettings(2, Compression.ZSTD), predictions));
    Path metrics = commit.newFile("metrics/metrics", ".parquet");
    add(
        commit,
        metrics,
        MetricTable.TABLE.writeAll(
            fs,
            metrics,
            StorageSettings.TABLE,
            List.of(
                ReportSamples.row("fuse", MetricNames.AUROC_MACRO, "", 0.7, OptionalDouble.of(.1)),
                ReportSamples.row(
                    MetricRow.FLOOR, MetricNames.AUROC_MACRO, "", 0.5, OptionalDouble.empty()))));
    Map<String, Object> results = new TreeMap<>();
    results.put("split", "test");
    results.put("classes", CLASSES);
    results.put("dataset", "egd-cxr");
    results.put("stages", List.of("fuse"));
    results.put(
        "provenance",
        Map.of(
            "stage fuse native_threads", "1", "stage fuse stage", "fuse", "trained with x", "3"));
    leakage.ifPresent(found -> results.put(Leakage.KEY, found.body()));
    Map<String, Object> body = new TreeMap<>();
    new ConfigStamp("hash", new TreeMap<>(Map.of("stage.fuse.parameters", weights))).putInto(body);
    body.put(Evaluator.RESULTS, results);
    commit.publish(body);
  }

  private static void add(FolderCommit commit, Path file, WrittenFile written) {
    commit.add(
        new ManifestFile(
            commit.relativeName(file), written.sizeBytes(), written.sha256(), written.rows()));
  }

  private static Prediction prediction(int i) {
    int truth = i % 2;
    int answer = i < 6 ? truth : 1 - truth;
    float[] map = {0.1f, 0.2f, 0.3f, 0.4f};
    return new Prediction(
        "run",
        "fuse",
        Split.TEST,
        "example-" + i,
        "image-" + i,
        "patient-" + i,
        Optional.of(new Prediction.NamedClass(truth, CLASSES.get(truth))),
        Optional.of(answer == 0 ? new float[] {0.8f, 0.2f} : new float[] {0.2f, 0.8f}),
        Optional.of(new Prediction.NamedClass(answer, CLASSES.get(answer))),
        2,
        2,
        Optional.of(map),
        Optional.of(map),
        Optional.of(new byte[] {0, 50, 100, (byte) 200}),
        Optional.of(new MapScores(0.5, i / 10.0, 0.25, 0.25, Double.NaN)),
        Optional.empty());
  }

  private ReportResult report() {
    return Reporter.run(
        conf,
        new ReportRequest(new Path(run.toUri()), Optional.empty()),
        new ReportSettings(1, 320));
  }

  private String page() throws IOException {
    return Files.readString(run.resolve("report/report.html"));
  }

  @Test
  void folderNamesThatGlobsAndUrisGiveAMeaningToAreReadAsTheyAre() throws IOException {
    assertThat(report().examples()).as("a right and a wrong one of each class").isEqualTo(4);
    assertThat(page())
        .contains("CC 0.", "KL 0.500, SIM 0.250", "Stage fuse: loss", "train, one value: 1.2500")
        .contains("mein Ordner ö%20 [x] {a,b}/run");
  }

  @Test
  void leakThatTheEvaluationRecordsIsABannerAndTheOldClaimIsGone() throws IOException {
    report();
    assertThat(page()).contains("LEAKED SPLITS.", "2 patients have examples in more than one");
  }

  @Test
  void factsOfAStageStandUnderItsNameOnce() throws IOException {
    report();
    assertThat(page())
        .contains(">Stage fuse</h3>", "<dt>native threads</dt><dd>1</dd>", ">Trained with</h3>")
        .doesNotContain("native_threads", "<dt>stage</dt>", "stage fuse stage");
  }

  @Test
  void evaluationOfOtherWeightsIsRefusedWithTheStageBothHashesAndTheFix() throws IOException {
    trained("weights of epoch two");
    assertThatThrownBy(this::report)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("its evaluation of split test is of other weights than it holds now")
        .hasMessageContaining("stage fuse: evaluated with parameters weights of e")
        .hasMessageContaining("./cogaze evaluate --run")
        .hasMessageContaining("--split test --overwrite first");
    assertThat(run.resolve("report/report.html")).doesNotExist();

    evaluated("weights of epoch two", Optional.empty());
    report();
    assertThat(page()).contains("Whether a patient is in two of them is not recorded");
  }

  @Test
  void runWhoseStagesWereDeletedIsReportedWithANote() throws IOException {
    fs.delete(layout.stages(), true);
    report();
    assertThat(page()).contains("The run folder holds no stages any more");
  }

  @Test
  void pageThatCannotBeWrittenToItsEndLeavesTheOldOneWhole() throws IOException {
    Path file = new Path(temporary.toUri().toString(), "page.html");
    PageFile.write(fs, file, "old");
    PageFile.write(fs, file, "new");
    assertThat(Files.readString(temporary.resolve("page.html"))).isEqualTo("new");
    assertThat(temporary.resolve("_page.html.part")).doesNotExist();

    FileSystem full =
        new FilterFileSystem(fs) {
          @Override
          public FSDataOutputStream create(
              Path path,
              org.apache.hadoop.fs.permission.FsPermission permission,
              boolean overwrite,
              int bufferSize,
              short replication,
              long blockSize,
              org.apache.hadoop.util.Progressable progress)
              throws IOException {
            try (FSDataOutputStream out = fs.create(path, overwrite)) {
              out.write('<');
            }
            throw new IOException("No space left on device");
          }
        };
    assertThatThrownBy(() -> PageFile.write(full, file, "newest"))
        .hasMessage("No space left on device");
    assertThat(Files.readString(temporary.resolve("page.html"))).isEqualTo("new");
  }

  @Test
  void summaryNamesThePageRelativeToItself() throws IOException {
    report();
    JsonNode summary = Json.parse(Files.readAllBytes(run.resolve("report/summary.json")));
    assertThat(summary.path("files").path("report").asText()).isEqualTo("report.html");
  }
}
