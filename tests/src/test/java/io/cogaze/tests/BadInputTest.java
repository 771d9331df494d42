package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.InProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What users get wrong: each a message with file, row and fix, an exit code, and no stack trace.
 */
class BadInputTest {
  private static final int CONFIGURATION = 1;
  private static final int INPUT = 2;
  private static final String STRANGER = "00000000-00000000-00000000-00000000-00000000";

  @Test
  void aMissingInputFolderIsNamed() {
    Completed failed =
        SmallPipeline.cogaze()
            .run("preprocess", "--input", "no-such-folder", "--output", "x")
            .expect(INPUT);
    assertThat(failed.err())
        .contains("Cannot read --input 'no-such-folder': there is no such folder")
        .doesNotContain("\tat ");
    assertThat(failed.out()).isEmpty();
  }

  @Test
  void aMissingGazeTableIsNamedAndTheStackTraceComesOnlyWhenAsked() throws IOException {
    Path data = SmallPipeline.copyOfData("no-gaze-table");
    Files.delete(table(data, "eye_gaze.csv"));
    Path shards = data.resolveSibling("shards");
    Object[] command = {"preprocess", "--input", data, "--output", shards};
    Completed failed = SmallPipeline.cogaze().run(command).expect(INPUT);
    assertThat(failed.err())
        .contains("eye_gaze.csv: no such file", "fix:", "--stacktrace")
        .doesNotContain("\tat ");
    assertThat(shards.resolve("manifest.json")).doesNotExist();
    InProcess.Result traced = InProcess.run(plus(command, "--stacktrace"));
    assertThat(traced.exitCode()).isEqualTo(INPUT);
    assertThat(traced.err()).contains("eye_gaze.csv: no such file", "\tat io.cogaze.");
  }

  @ParameterizedTest
  @CsvSource({"master_sheet.csv", "eye_gaze.csv", "fixations.csv"})
  void anEmptyTableIsNamed(String name) throws IOException {
    Path data = SmallPipeline.copyOfData("empty-table");
    Files.write(table(data, name), new byte[0]);
    assertThat(refused(INPUT, preprocess(data)))
        .contains(table(data, name).toString(), "the file is empty", "fix:");
  }

  @ParameterizedTest
  @CsvSource({
    "master_sheet.csv, CHF, 'chf'",
    "eye_gaze.csv, X_ORIGINAL, 'x_original'",
    "fixations.csv, Y_ORIGINAL, 'y_original'"
  })
  void aMissingColumnIsNamedWithThoseThatAreThere(String name, String column, String shown)
      throws IOException {
    Path data = SmallPipeline.copyOfData("missing-column");
    Path file = table(data, name);
    String text = Files.readString(file);
    int end = text.indexOf('\n');
    Files.writeString(
        file, text.substring(0, end).replace(column, "another") + text.substring(end));
    assertThat(refused(INPUT, preprocess(data)).toLowerCase(java.util.Locale.ROOT))
        .contains(file.toString().toLowerCase(java.util.Locale.ROOT))
        .contains(shown)
        .contains("is missing", "row:   1 (the header)", "another", "fix:");
  }

  @Test
  void aTruncatedPictureIsQuarantinedAndTooManyEndTheJob() throws IOException {
    Path data = SmallPipeline.copyOfData("truncated");
    List<Path> pictures = pictures(data);
    truncate(pictures.get(0));
    Path shards = data.resolveSibling("shards");
    InProcess.Result done = InProcess.run(preprocess(data));
    assertThat(done.exitCode()).as(done.err()).isZero();
    assertThat(done.out()).contains("quarantined 1,");
    JsonNode summary = Json.summary(shards);
    assertThat(summary.path("counts").path("quarantined").asInt()).isEqualTo(1);
    assertThat(summary.path("counts").path("examples").asInt()).isEqualTo(39);
    assertThat(issues(shards.resolve("quarantine")))
        .contains(pictures.get(0).getFileName().toString())
        .contains("DICOM_TRUNCATED");

    for (Path picture : pictures.subList(1, 6)) {
      truncate(picture);
    }
    String message = refused(INPUT, plus(preprocess(data), "--overwrite"));
    assertThat(message)
        .contains("6 of 40 records (15.0 %) are unusable, at most 5.0 % may be")
        .contains("6 x DICOM_TRUNCATED")
        .contains("master_sheet.csv, line ")
        .contains("max-quarantined-share");
    assertThat(Json.summary(shards).path("counts").path("examples").asInt())
        .as("the shards of before are still there")
        .isEqualTo(39);
  }

  @Test
  void imagesWithoutGazeGazeWithoutImageAndGazeOffTheImageAreWarnings() throws IOException {
    Path data = SmallPipeline.copyOfData("gaze-warnings");
    List<String> ids =
        pictures(data).stream()
            .map(path -> path.getFileName().toString().replace(".dcm", ""))
            .toList();
    String unseen = ids.get(0);
    String off = ids.get(1);
    Path file = table(data, "eye_gaze.csv");
    List<String> lines = Files.readAllLines(file);
    List<String> header = List.of(lines.get(0).split(",", -1));
    List<String> changed = new ArrayList<>(List.of(lines.get(0)));
    for (String line : lines.subList(1, lines.size())) {
      if (line.contains(off)) {
        String[] cells = line.split(",", -1);
        cells[header.indexOf("X_ORIGINAL")] = "-100000";
        changed.add(String.join(",", cells));
      } else if (!line.contains(unseen)) {
        changed.add(line);
      }
    }
    String other = ids.get(2);
    String row = lines.stream().filter(line -> line.contains(other)).findFirst().orElseThrow();
    changed.add(row.replace(other, STRANGER));
    Files.write(file, changed);

    InProcess.Result done = InProcess.run(preprocess(data));
    assertThat(done.exitCode()).as(done.err()).isZero();
    Path shards = data.resolveSibling("shards");
    JsonNode reasons = Json.summary(shards).path("details").path("warning_reasons");
    assertThat(reasons.path("NO_GAZE").asInt()).isEqualTo(1);
    assertThat(reasons.path("GAZE_ZERO_MASS").asInt()).isEqualTo(1);
    assertThat(reasons.path("GAZE_WITHOUT_IMAGE").asInt()).isEqualTo(1);
    assertThat(Json.summary(shards).path("counts").path("examples").asInt()).isEqualTo(40);
    assertThat(issues(shards.resolve("warnings")))
        .contains(unseen, off, STRANGER)
        .contains("eye_gaze.csv")
        .as("the line of the stranger's row")
        .contains("," + changed.size() + ",");
  }

  @Test
  void aClassThatWouldBeEmptyInASplitIsNamedWithTheCounts() throws IOException {
    Path data = SmallPipeline.scratch("empty-class").resolve("data");
    InProcess.Result made =
        InProcess.run(
            "synthesize",
            "--output",
            data,
            "--images",
            9,
            "--config",
            SmallPipeline.configuration());
    assertThat(made.exitCode()).as(made.err()).isZero();
    assertThat(refused(INPUT, preprocess(data)))
        .contains("would be empty in split", "counts:", "train:", "fix:");
  }

  @Test
  void threeMistakesInAConfigurationAreReportedAtOnceWithTheirLines() throws IOException {
    Path file = SmallPipeline.scratch("three-mistakes").resolve("bad.conf");
    Files.writeString(
        file,
        """
        cogaze.preprocess {
          split.train = many
          max-quarantined-share = 7
          canvas.output-height = 64
        }
        """);
    Completed failed =
        SmallPipeline.cogaze()
            .run("preprocess", "--input", SmallPipeline.data(), "--output", "x", "--config", file)
            .expect(CONFIGURATION);
    assertThat(failed.err())
        .contains("3 errors")
        .contains("bad.conf:2", "preprocess.split.train", "many")
        .contains("bad.conf:3", "max-quarantined-share", "7")
        .contains("bad.conf:4", "output-height", "did you mean", "output-height-px")
        .doesNotContain("\tat ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "frobnicate | frobnicate",
        "trian | Did you mean: cogaze train",
        "train --recipe cooperative-small --shards s --run r --epochs 3 | --epochs",
        "train --recipe cooperative-small --shards s | Missing required option: '--run=RUN'",
        "train --recipe nonsense --shards s --run r | There is no recipe 'nonsense'. The recipes are: cooperative, cooperative-small",
        "train --recipe missing.conf --shards s --run r | Cannot read the configuration file 'missing.conf' of --recipe: there is no such file",
        "synthesize --output x --images 0 | --images is 0, but must be between 1 and 10,000,000",
        "synthesize --output x --images many | 'many' is not an int",
        "synthesize --output x --images 3 --set synthetic.imagescale=1 | did you mean",
        "synthesize --output x --images 3 --set synthetic.image-scale=2 | image-scale",
        "evaluate --run r --shards s --split foo | --split: ",
        "report --run r --progress loud | expected one of [AUTO, PLAIN, NONE] (case-insensitive) but was 'loud'",
        "demo --config missing.conf | Cannot read the configuration file 'missing.conf' of --config"
      })
  void aWrongCommandLineIsExplained(String words, String message) {
    assertThat(refused(CONFIGURATION, (Object[]) words.split(" "))).contains(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "synthesize --output x --images 3",
        "preprocess --input . --output x",
        "train --recipe cooperative-small --shards s --run r",
        "evaluate --run r --shards s",
        "report --run r",
        "inspect x"
      })
  void printingAConfigurationChecksItFirst(String words) {
    Object[] command = (words + " --print-config").split(" ");
    InProcess.Result printed = InProcess.run(command);
    assertThat(printed.exitCode()).as(printed.err()).isZero();
    assertThat(printed.out()).contains("lock-stale-after-seconds=120", "from reference.conf");

    String blocks = words.startsWith("inspect") ? "gaze.sigma" : "run.lock-stale-after-second";
    InProcess.Result refused =
        InProcess.run(
            plus(command, "--set", blocks + "=1", "--set", "nonsense.key=2", "--set", "rnu.x=3"));
    assertThat(refused.exitCode()).isEqualTo(CONFIGURATION);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err())
        .contains("nonsense", "rnu", blocks.substring(0, blocks.indexOf('.')))
        .doesNotContain("\tat ");
  }

  @Test
  void printingAConfigurationReportsBadValuesAndUnknownKeysTogether() {
    assertThat(
            refused(
                CONFIGURATION,
                "train",
                "--recipe",
                "cooperative-small",
                "--shards",
                "s",
                "--run",
                "r",
                "--print-config",
                "--set",
                "train.sed=5",
                "--set",
                "train.workers=many",
                "--set",
                "run.lock-stale-after-seconds=1"))
        .contains("3 errors")
        .contains("train.sed", "did you mean", "seed")
        .contains("train.workers", "many")
        .contains("lock-stale-after-seconds = 1, expected at least 2");
  }

  @Test
  void anUnknownDataSetIsRefusedWithTheKnownNames() {
    assertThat(
            refused(
                CONFIGURATION,
                "preprocess",
                "--input",
                SmallPipeline.data(),
                "--output",
                SmallPipeline.scratch("unknown-dataset"),
                "--dataset",
                "egd"))
        .contains("'egd'", "egd-cxr");
  }

  @Test
  void anUntrainedRunCannotBeEvaluatedAndAnUnevaluatedOneNotReportedOn() {
    Path run = SmallPipeline.scratch("untrained");
    assertThat(refused(INPUT, "evaluate", "--run", run, "--shards", SmallPipeline.shards()))
        .contains("Cannot evaluate", run.toString(), "train the run first");
    assertThat(refused(INPUT, "report", "--run", run))
        .contains("Cannot report on", run.toString(), "was not evaluated", "cogaze evaluate");
    assertThat(refused(INPUT, "report", "--run", SmallPipeline.run(), "--split", "valid"))
        .contains("was not evaluated on split valid");
    assertThat(refused(INPUT, "evaluate", "--run", run.resolve("x"), "--shards", run))
        .contains("there is no such folder");
  }

  @Test
  void stagesThatARecipeLacksAreRefusedWithItsOwn() {
    assertThat(
            refused(
                CONFIGURATION,
                "train",
                "--recipe",
                "cooperative-small",
                "--shards",
                SmallPipeline.shards(),
                "--run",
                SmallPipeline.scratch("no-stage"),
                "--stages",
                "contrast,polish"))
        .contains("polish", "contrast, classify, saliency, fuse");
  }

  @Test
  void aStageBeforeItsPredecessorIsRefused() {
    String message =
        refused(
            CONFIGURATION,
            "train",
            "--recipe",
            "cooperative-small",
            "--shards",
            SmallPipeline.shards(),
            "--run",
            SmallPipeline.scratch("no-predecessor"),
            "--stages",
            "fuse");
    assertThat(message)
        .contains("Cannot train stage 'fuse': it takes weights from stage 'saliency'")
        .contains("which is not finished in " + "file:")
        .containsPattern("\n  cause: --stages leaves 'saliency' out")
        .containsPattern("\n  fix:   train it too: --stages saliency,fuse");
  }

  @Test
  void inspectSaysWhyItCannotReadAPath() throws IOException {
    Path folder = SmallPipeline.scratch("garbage");
    Path garbage = folder.resolve("garbage.dcm");
    Files.write(garbage, "no picture at all".repeat(50).getBytes(StandardCharsets.UTF_8));
    assertThat(refused(INPUT, "inspect", garbage))
        .contains("Cannot read", "garbage.dcm", "NOT_DICOM");
    assertThat(refused(INPUT, "inspect", folder.resolve("nothing"))).contains("there is nothing");
    assertThat(refused(INPUT, "inspect", folder)).contains("Cannot tell what", "fix:");
  }

  private static String refused(int exitCode, Object... words) {
    InProcess.Result result = InProcess.run(words);
    assertThat(result.exitCode())
        .as("%s%n%s%n%s", Arrays.asList(words), result.out(), result.err())
        .isEqualTo(exitCode);
    assertThat(result.err()).startsWith("cogaze").doesNotContain("\tat ", "Exception");
    return result.err();
  }

  private static Object[] preprocess(Path data) {
    return new Object[] {
      "preprocess",
      "--input",
      data,
      "--output",
      data.resolveSibling("shards"),
      "--config",
      SmallPipeline.configuration()
    };
  }

  private static Object[] plus(Object[] words, Object... more) {
    return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray();
  }

  private static Path table(Path data, String name) {
    return data.resolve("egd-cxr/1.0.0").resolve(name);
  }

  private static List<Path> pictures(Path data) throws IOException {
    try (Stream<Path> walk = Files.walk(data.resolve("mimic-cxr/2.0.0/files"))) {
      return walk.filter(path -> path.toString().endsWith(".dcm")).sorted().toList();
    }
  }

  private static void truncate(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
  }

  /** The rows of a quarantine or warnings table as text, one row a line. */
  private static String issues(Path folder) {
    try (java.sql.Connection duck = java.sql.DriverManager.getConnection("jdbc:duckdb:");
        java.sql.Statement statement = duck.createStatement();
        java.sql.ResultSet rows =
            statement.executeQuery("select * from read_parquet('" + folder + "/*.parquet')")) {
      List<String> lines = new ArrayList<>();
      while (rows.next()) {
        List<String> cells = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          cells.add(String.valueOf(rows.getObject(i)));
        }
        lines.add(String.join(",", cells));
      }
      return lines.stream().collect(Collectors.joining("\n"));
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
