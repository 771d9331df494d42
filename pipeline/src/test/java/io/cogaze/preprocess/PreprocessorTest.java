package io.cogaze.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.LoadRequest;
import io.cogaze.dataset.EgdFixture;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import io.cogaze.image.BitMask;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Json;
import io.cogaze.run.Manifest;
import io.cogaze.shard.Example;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.Issue;
import io.cogaze.shard.JobNames;
import io.cogaze.shard.Leakage;
import io.cogaze.shard.ShardReader;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.ShardTables;
import io.cogaze.shard.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreprocessorTest {
  private static final int IMAGES = 60;
  private static SparkSession spark;

  @TempDir Path folder;
  private final Configuration conf = new Configuration();

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("preprocess test")
            .config("spark.ui.enabled", false)
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            // The harder case: Spark's Kryo cannot carry records.
            .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private EgdFixture fixture() {
    return EgdFixture.of(folder.resolve("data"), IMAGES);
  }

  private PreprocessResult preprocess(String output, String... overrides) {
    return preprocess(output, false, overrides);
  }

  private PreprocessResult preprocess(String output, boolean overwrite, String... overrides) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "preprocess.canvas.native-height-px=64",
                "preprocess.canvas.native-width-px=64",
                "preprocess.canvas.output-height-px=32",
                "preprocess.canvas.output-width-px=32",
                "preprocess.gaze.sigma-px=3",
                "preprocess.gaze.radius-px=9",
                "preprocess.examples-per-shard=16",
                "preprocess.storage.rows-per-row-group=5"));
    settings.addAll(List.of(overrides));
    CogazeConfig config = CogazeConfig.load(LoadRequest.of(List.of(), settings));
    ConfigBinder binder = config.binder();
    Supplier<PreprocessSettings> bound = binder.bind("preprocess", PreprocessSettings.class);
    binder.check();
    return Preprocessor.run(
        spark,
        new PreprocessRequest(
            "egd-cxr",
            folder.resolve("data").toUri(),
            folder.resolve(output).toUri(),
            new ConfigStamp(config.hash("preprocess"), config.values("preprocess")),
            config.render(),
            overwrite),
        bound.get());
  }

  private ShardSet open(String output) {
    return ShardSet.open(conf, folder.resolve(output).toUri());
  }

  private static Map<String, Example> examples(ShardSet set) {
    Map<String, Example> examples = new TreeMap<>();
    for (IndexEntry entry : set.index()) {
      try (ShardReader reader = set.reader(entry.file())) {
        Example example = reader.readRowGroup(entry.rowGroup()).get(entry.row());
        assertThat(example.exampleId()).isEqualTo(entry.exampleId());
        assertThat(example.split()).isEqualTo(entry.split());
        assertThat(example.gaze().isPresent()).isEqualTo(entry.hasGaze());
        examples.put(entry.exampleId(), example);
      }
    }
    return examples;
  }

  @Test
  void aWholeDataSetBecomesExamplesWithImageGazeMasksAndLabels() throws Exception {
    fixture().write();
    PreprocessResult result = preprocess("shards");
    ShardSet set = open("shards");

    assertThat(result.alreadyDone()).isFalse();
    assertThat(set.manifest()).isEqualTo(result.manifest());
    assertThat(set.manifest().count()).isEqualTo(IMAGES);
    assertThat(set.manifest().targetClasses()).isEqualTo(EgdFixture.CLASSES);
    assertThat(set.manifest().quarantined()).isZero();
    assertThat(set.quarantine()).isEmpty();
    assertThat(set.warnings()).isEmpty();
    Map<String, Example> examples = examples(set);
    assertThat(examples).hasSize(IMAGES);
    assertThat(set.index()).extracting(IndexEntry::exampleId).isSorted();

    Example first = examples.get(EgdFixture.id(0));
    assertThat(first.height()).isEqualTo(32);
    assertThat(first.geometry()).isEqualTo(new io.cogaze.shard.Geometry(40, 48, 12, 8, 2));
    // The mask covers image columns and rows 0 to 19, which is 6..16 x 4..14 on the canvas.
    BitMask lung = new BitMask(32, 32, first.masks().get("right_lung"));
    assertThat(lung.count()).isEqualTo(100);
    assertThat(lung.at(6, 4) && lung.at(15, 13)).isTrue();
    assertThat(lung.at(5, 4) || lung.at(16, 13)).isFalse();
    assertThat(first.masks())
        .containsOnlyKeys("aortic_knob", "left_lung", "mediastinum", "right_lung");
    assertThat(first.labels())
        .containsEntry("Normal", 1f)
        .containsEntry("CHF", 0f)
        .containsEntry("consolidation", 1f)
        .containsEntry("normal_anatomically", 0f)
        .containsEntry("atelectasis__chx", 1f)
        .containsEntry("consolidation__chx", -1f)
        .doesNotContainKeys("cardiomegaly__chx", "pleural_effusion_or_thickening");
    assertThat(first.fixations()).hasSize(3);
    assertThat(first.fixations().get(0).startMs()).isCloseTo(50f, within(0.1f));
    for (Example example : examples.values()) {
      assertThat(example.gaze()).isPresent();
      double sum = 0;
      for (short value : example.gaze().get().values()) {
        sum += (value & 0xFFFF) * (double) example.gaze().get().scale();
      }
      assertThat(sum).isCloseTo(1, within(1e-5));
    }
    assertThat(set.fingerprints())
        .allSatisfy(
            print -> {
              assertThat(print.gazePoints()).isEqualTo(28);
              assertThat(print.offImagePoints()).isEqualTo(1);
            });
    // 12 calibration rows: one for every fifth image.
    assertThat(summary("shards").path("counts").path("calibration_rows").asInt()).isEqualTo(12);
  }

  @Test
  void pixelsAreTheInvertedScaledAreaMeansOnTheCanvas() throws Exception {
    fixture().write();
    preprocess("shards");
    Example example = examples(open("shards")).get(EgdFixture.id(1));
    io.cogaze.dicom.DicomImage dicom = io.cogaze.dicom.DicomReader.read(EgdFixture.dicom(1, 1));
    assertThat(dicom.monochrome1()).isTrue();
    double sum = 0;
    for (int y = 10; y < 12; y++) {
      for (int x = 6; x < 8; x++) {
        sum += 1 - dicom.sample(y * 40 + x) / 4095.0;
      }
    }
    // Image (6, 10) lies at canvas ((6 + 12) / 2, (10 + 8) / 2).
    int found = example.pixels()[9 * 32 + 9] & 0xFFFF;
    assertThat(found / 65535.0).isCloseTo(sum / 4, within(2e-5));
    assertThat(example.pixels()[0]).isZero();
  }

  @Test
  void itsJobsAreNamedAfterWhatTheyMake() throws Exception {
    fixture().write();
    JobNames jobs = JobNames.during(spark.sparkContext(), () -> preprocess("named"));

    assertThat(jobs.groups()).isNotEmpty().containsOnly("preprocess");
    assertThat(jobs.descriptions())
        .allMatch(name -> name.matches("preprocess: \\d+ images of egd-cxr to \\d+ data files"));
  }

  @Test
  void aFractionalReductionKeepsTheMeanAndTheGeometry() throws Exception {
    fixture().write();
    preprocess(
        "shards",
        "preprocess.canvas.native-height-px=640",
        "preprocess.canvas.native-width-px=640",
        "preprocess.canvas.scale=0.125",
        "preprocess.canvas.output-height-px=32",
        "preprocess.canvas.output-width-px=32");
    Example example = examples(open("shards")).get(EgdFixture.id(0));
    // A canvas of 80 x 80 reduced by 2.5.
    assertThat(example.geometry()).isEqualTo(new io.cogaze.shard.Geometry(40, 48, 20, 16, 2.5));
    io.cogaze.dicom.DicomImage dicom = io.cogaze.dicom.DicomReader.read(EgdFixture.dicom(0, 0));
    double all = 0;
    for (int i = 0; i < dicom.format().pixels(); i++) {
      all += dicom.sample(i) / 4095.0;
    }
    double reduced = 0;
    for (short pixel : example.pixels()) {
      reduced += (pixel & 0xFFFF) / 65535.0;
    }
    assertThat(reduced * 2.5 * 2.5).isCloseTo(all, within(0.1));
    // The mask covers canvas columns 20 to 40, rows 16 to 36 before the reduction by 2.5: boxes 8
    // to
    // 15 and 6.4 to 14.4, where a box of which 0.6 is inside counts and one with 0.4 does not.
    BitMask lung = new BitMask(32, 32, example.masks().get("left_lung"));
    assertThat(lung.count()).isEqualTo(64);
    assertThat(lung.at(8, 6) && lung.at(15, 13)).isTrue();
    assertThat(lung.at(8, 14) || lung.at(16, 6) || lung.at(7, 6)).isFalse();
  }

  @Test
  void theSameBytesComeWhateverTheParallelismAndTheOrderOfTheTables() throws Exception {
    EgdFixture fixture = fixture().write();
    preprocess("one");
    java.util.Collections.reverse(fixture.master);
    java.util.Collections.reverse(fixture.gaze);
    fixture.writeTables();
    long split = conf.getLong("mapreduce.input.fileinputformat.split.maxsize", 0);
    spark
        .sparkContext()
        .hadoopConfiguration()
        .set("mapreduce.input.fileinputformat.split.maxsize", "40000");
    try {
      preprocess("two");
    } finally {
      spark
          .sparkContext()
          .hadoopConfiguration()
          .set(
              "mapreduce.input.fileinputformat.split.maxsize",
              Long.toString(split == 0 ? Long.MAX_VALUE : split));
    }
    assertThat(open("two").manifest().contentHash())
        .isEqualTo(open("one").manifest().contentHash());
    assertThat(dataHashes("two")).hasSize(4).isEqualTo(dataHashes("one"));

    preprocess("three", "preprocess.examples-per-shard=7");
    assertThat(open("three").manifest().contentHash())
        .isEqualTo(open("one").manifest().contentHash());
    assertThat(dataHashes("three")).hasSize(9);
  }

  private List<String> dataHashes(String output) throws IOException {
    return Manifest.read(
            FileSystem.getLocal(conf),
            new org.apache.hadoop.fs.Path(folder.resolve(output).toUri()))
        .files()
        .stream()
        .filter(file -> file.name().startsWith("data/"))
        .map(file -> file.name().substring(0, 15) + " " + file.sha256())
        .toList();
  }

  @Test
  void aSecondRunDoesNothingAndOtherSettingsNeedOverwrite() throws Exception {
    fixture().write();
    preprocess("shards");
    String before = open("shards").sha256();
    assertThat(preprocess("shards").alreadyDone()).isTrue();
    assertThat(open("shards").sha256()).isEqualTo(before);

    assertThatThrownBy(() -> preprocess("shards", "preprocess.gaze.sigma-px=4"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("gaze.sigma-px")
        .hasMessageContaining("--overwrite");
    preprocess("shards", true, "preprocess.gaze.sigma-px=4");
    assertThat(open("shards").manifest().preprocessing()).containsEntry("gaze_sigma_px", "4.0");
    try (Stream<Path> files = Files.list(folder.resolve("shards/data"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".parquet"))).hasSize(4);
    }
  }

  @Test
  void anyCharacterMayStandInPaths() throws Exception {
    folder = folder.resolve("mein Ordner ö%20 [x] {a,b}, c*?^$");
    EgdFixture fixture = fixture();
    fixture.gaze.add(EgdFixture.gazeRow(1, 99, 5, 5, 1).replaceAll(",\\d+$", ",x"));
    fixture.write();
    Files.delete(fixture.images.resolve(EgdFixture.path(0)));
    PreprocessResult result = preprocess("out put");
    ShardSet set = open("out put");
    assertThat(result.manifest()).isEqualTo(set.manifest());
    assertThat(examples(set)).hasSize(IMAGES - 1);
    assertThat(set.index()).allMatch(IndexEntry::hasGaze);
    assertThat(set.quarantine().get(0).source()).contains(fixture.tables.toString());
    assertThat(set.warnings())
        .singleElement()
        .satisfies(issue -> assertThat(issue.source()).endsWith(fixture.tables + "/eye_gaze.csv"));
    assertThat(preprocess("out put").alreadyDone()).isTrue();

    assertThatThrownBy(() -> preprocess("none", "preprocess.max-quarantined-share=0"))
        .hasMessageContaining("Cannot preprocess file:" + fixture.root);
  }

  @Test
  void aFolderOfOtherFilesAndTheInputItselfAreNoOutput() throws Exception {
    EgdFixture fixture = fixture().write();
    Path precious = folder.resolve("foreign/photos/img-d41d8cd98f00b204e9800998ecf8427e.png");
    EgdFixture.put(precious, new byte[1]);
    assertThatThrownBy(() -> preprocess("foreign"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("it already holds photos");
    assertThat(precious).exists();
    for (String output : List.of("data", "data/shards", "data/egd-cxr/1.0.0")) {
      assertThatThrownBy(() -> preprocess(output))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("--input");
    }
    try (Stream<Path> files = Files.list(fixture.root)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("egd-cxr", "mimic-cxr");
    }
    assertThat(folder.resolve("foreign/_lock")).doesNotExist();
  }

  @Test
  void changedInputIsNoticedAndDamagedShardsAreMadeAgain() throws Exception {
    EgdFixture fixture = fixture().write();
    Path image = fixture.images.resolve(EgdFixture.path(0));
    Path away = folder.resolve("away.dcm");
    Files.move(image, away);
    PreprocessResult without = preprocess("shards");
    assertThat(without.quarantined()).containsOnly(Map.entry("IMAGE_MISSING", 1L));
    assertThat(preprocess("shards").alreadyDone()).isTrue();

    Files.move(away, image);
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("input content: there");
    PreprocessResult whole = preprocess("shards", true);
    assertThat(whole.quarantined()).isEmpty();
    assertThat(preprocess("shards").alreadyDone()).isTrue();

    String data = open("shards").index().get(0).file();
    Files.delete(folder.resolve("shards").resolve(data));
    PreprocessResult again = preprocess("shards");
    assertThat(again.alreadyDone()).isFalse();
    assertThat(again.manifest()).isEqualTo(whole.manifest());
    assertThat(examples(open("shards"))).hasSize(IMAGES);

    Path gaze = fixture.tables.resolve("eye_gaze.csv");
    Files.setLastModifiedTime(
        gaze,
        java.nio.file.attribute.FileTime.fromMillis(
            Files.getLastModifiedTime(gaze).toMillis() + 5000));
    assertThatThrownBy(() -> preprocess("shards")).isInstanceOf(ConfigurationException.class);
  }

  @Test
  void gzipThatIsMisnamedOrCutOffIsAnInputError() throws Exception {
    EgdFixture fixture = fixture().write();
    Path gaze = fixture.tables.resolve("eye_gaze.csv");
    byte[] plain = Files.readAllBytes(gaze);
    java.io.ByteArrayOutputStream packed = new java.io.ByteArrayOutputStream();
    try (java.io.OutputStream out = new java.util.zip.GZIPOutputStream(packed)) {
      out.write(plain);
    }
    Files.write(gaze, packed.toByteArray());
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("eye_gaze.csv: it is gzip, but its name says otherwise")
        .hasMessageContaining("rename it to eye_gaze.csv.gz");
    Files.delete(gaze);
    Path named = fixture.tables.resolve("eye_gaze.csv.gz");
    Files.write(named, plain);
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("eye_gaze.csv.gz: it is not gzip, but its name says otherwise");
    Files.write(named, Arrays.copyOf(packed.toByteArray(), packed.size() - 200));
    assertThatThrownBy(() -> preprocess("shards"))
        .hasStackTraceContaining("eye_gaze.csv.gz: its compressed content is cut off or damaged")
        .hasStackTraceContaining("io.cogaze.error.InputException");
  }

  @Test
  void aGazeTableOfOtherImagesIsAnError() throws Exception {
    EgdFixture fixture = fixture();
    fixture.gaze.replaceAll(row -> row.replaceFirst("-0", "-9"));
    fixture.write();
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("not one example has gaze")
        .hasMessageContaining("60 x NO_GAZE");
  }

  @Test
  void oddImagesAndPatientIdsAreReported() throws Exception {
    EgdFixture fixture = fixture();
    fixture.master.replaceAll(
        row -> row.contains("10000009.0") ? row.replace("10000009.0", "0010000009.00") : row);
    fixture.master.set(4, fixture.master.get(4).replace("10000004.0", "1.0000004E7"));
    fixture.master.set(5, fixture.master.get(5).replace("10000005.0", "nan"));
    fixture.write();
    EgdFixture.put(fixture.images.resolve(EgdFixture.path(7)), EgdFixture.dicom(3, 99));
    byte[] flat = EgdFixture.dicom(8, 8);
    Arrays.fill(flat, flat.length - 2 * 40 * 48, flat.length, (byte) 1);
    EgdFixture.put(fixture.images.resolve(EgdFixture.path(8)), flat);
    preprocess("shards", "preprocess.max-quarantined-share=0.2");
    ShardSet set = open("shards");
    assertThat(set.quarantine())
        .extracting(issue -> issue.exampleId() + " " + issue.reason())
        .containsExactly(EgdFixture.id(4) + " PATIENT_VALUE", EgdFixture.id(5) + " PATIENT_VALUE");
    assertThat(set.warnings())
        .extracting(issue -> issue.exampleId() + " " + issue.reason())
        .containsExactlyInAnyOrder(
            EgdFixture.id(7) + " PATIENT_DIFFERS", EgdFixture.id(8) + " CONSTANT_IMAGE");
  }

  @Test
  void brokenTablesAreErrors() throws Exception {
    EgdFixture fixture = fixture().write();
    Path master = fixture.tables.resolve("master_sheet.csv");
    String text = Files.readString(master);
    Files.writeString(master, text + "x,\"unclosed\nand more\n");
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("the quote that opens on line 122 is never closed");
    Files.writeString(master, text.replaceFirst(",Normal,CHF,", ",Normal,chf,CHF,"));
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("two columns are called 'chf', column 32 and column 33");
    Files.delete(master);
    Files.createDirectory(master);
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it is a folder, and a file is expected");
  }

  @Test
  void whatAnInterruptedRunLeftIsNoShardSetAndIsCleanedUp() throws Exception {
    fixture().write();
    preprocess("whole");
    // A kill before publishing leaves data files without a manifest.
    Path data = folder.resolve("shards/data");
    Files.createDirectories(data);
    Path left = data.resolve(FolderCommit.fileName("part-00000", ".parquet"));
    Files.write(left, new byte[100]);
    assertThatThrownBy(() -> open("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it has no manifest.json");

    preprocess("shards");
    assertThat(left).doesNotExist();
    assertThat(dataHashes("shards")).isEqualTo(dataHashes("whole"));
  }

  @Test
  void unusableRecordsAreQuarantinedWithFileRowAndFixAndTheRestStays() throws Exception {
    EgdFixture fixture = fixture();
    fixture.write();
    Files.delete(fixture.images.resolve(EgdFixture.path(0)));
    Path truncated = fixture.images.resolve(EgdFixture.path(1));
    byte[] bytes = Files.readAllBytes(truncated);
    Files.write(truncated, Arrays.copyOf(bytes, bytes.length - 100));
    EgdFixture.put(fixture.images.resolve(EgdFixture.path(2)), new byte[500]);
    fixture.master.set(3, fixture.master.get(3).replace(",,1,0,0,1,0", ",,1,1,0,1,0"));
    fixture.master.set(4, EgdFixture.masterRow(4, -1));
    fixture.master.set(5, EgdFixture.masterRow(5, 2).replace("10000005.0", ""));
    fixture.master.set(6, EgdFixture.masterRow(6, 0).replace("files/p10", "../files/p10"));
    fixture.master.add(EgdFixture.masterRow(7, 1));
    fixture.writeTables();

    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("of 61 records")
        .hasMessageContaining("max-quarantined-share");

    preprocess("shards", "preprocess.max-quarantined-share=0.2");
    ShardSet set = open("shards");
    assertThat(set.quarantine())
        .extracting(issue -> issue.exampleId() + " " + issue.row() + " " + issue.reason())
        .containsExactly(
            EgdFixture.id(0) + " 2 IMAGE_MISSING",
            EgdFixture.id(1) + " 4 DICOM_TRUNCATED",
            EgdFixture.id(2) + " 6 DICOM_NOT_DICOM",
            EgdFixture.id(3) + " 8 CLASS_NOT_UNIQUE",
            EgdFixture.id(4) + " 10 CLASS_NOT_UNIQUE",
            EgdFixture.id(5) + " 12 MISSING_PATIENT",
            EgdFixture.id(6) + " 14 UNSAFE_PATH",
            EgdFixture.id(7) + " 122 DUPLICATE_ID");
    assertThat(set.quarantine())
        .allSatisfy(
            issue -> {
              assertThat(issue.source()).endsWith("master_sheet.csv");
              assertThat(issue.message()).contains("fix: ");
            });
    assertThat(set.quarantine().get(3).message()).contains("Normal=1, CHF=1, pneumonia=0");
    assertThat(set.manifest().count()).isEqualTo(IMAGES - 7);
    assertThat(examples(set)).containsKey(EgdFixture.id(7));
    assertThat(summary("shards").path("details").path("constraints").path("isUnique(image id)"))
        .hasToString("1");
  }

  private com.fasterxml.jackson.databind.JsonNode summary(String output) throws IOException {
    return Json.read(
        FileSystem.getLocal(conf),
        new org.apache.hadoop.fs.Path(folder.resolve(output + "/summary.json").toUri()));
  }

  @Test
  void incompleteRecordsStayWithANullTargetAndAWarning() throws Exception {
    EgdFixture fixture = fixture();
    fixture.gaze.removeIf(row -> row.contains(EgdFixture.id(0)));
    fixture.gaze.replaceAll(
        row ->
            row.contains(EgdFixture.id(1)) ? row.replaceAll(",-?\\d+,(-?\\d+)$", ",-2,$1") : row);
    int malformed = indexOf(fixture.gaze, EgdFixture.id(2)) + 3;
    fixture.gaze.set(malformed, fixture.gaze.get(malformed).replaceAll(",-?\\d+$", ",x"));
    String stranger = "00000000-11111111-22222222-33333333-44444444";
    fixture.gaze.add(EgdFixture.gazeRow(3, 99, 5, 5, 1).replace(EgdFixture.id(3), stranger));
    fixture.master.set(4, EgdFixture.masterRow(4, 1).replace("1.0,,-1.0", "maybe,,-1.0"));
    fixture.write();
    Files.delete(
        fixture.tables.resolve(
            "audio_segmentation_transcripts/" + EgdFixture.id(5) + "/left_lung.png"));
    EgdFixture.put(
        fixture.tables.resolve(
            "audio_segmentation_transcripts/" + EgdFixture.id(6) + "/left_lung.png"),
        new byte[20]);

    preprocess("shards");
    ShardSet set = open("shards");
    assertThat(set.manifest().count()).isEqualTo(IMAGES);
    Map<String, Example> examples = examples(set);
    assertThat(examples.get(EgdFixture.id(0)).gaze()).isEmpty();
    assertThat(examples.get(EgdFixture.id(1)).gaze()).isEmpty();
    assertThat(examples.get(EgdFixture.id(4)).labels()).doesNotContainKey("atelectasis__chx");
    assertThat(examples.get(EgdFixture.id(5)).masks()).doesNotContainKey("left_lung").hasSize(3);

    Map<String, Issue> byReason =
        set.warnings().stream().collect(Collectors.toMap(Issue::reason, issue -> issue));
    assertThat(byReason)
        .containsOnlyKeys(
            "NO_GAZE",
            "GAZE_ZERO_MASS",
            "GAZE_VALUE",
            "GAZE_WITHOUT_IMAGE",
            "LABEL_VALUE",
            "MASK_MISSING",
            "MASK_UNREADABLE");
    assertThat(byReason.get("NO_GAZE").exampleId()).isEqualTo(EgdFixture.id(0));
    // Each record of the master sheet takes two lines, after the header.
    assertThat(byReason.get("LABEL_VALUE").row()).isEqualTo(10);
    assertThat(byReason.get("LABEL_VALUE").message()).contains("atelectasis__chx = 'maybe'");
    assertThat(byReason.get("GAZE_VALUE").row()).isEqualTo(malformed + 2L);
    assertThat(byReason.get("GAZE_VALUE").source()).endsWith("eye_gaze.csv");
    assertThat(byReason.get("GAZE_WITHOUT_IMAGE").row()).isEqualTo(fixture.gaze.size() + 1L);
    assertThat(byReason.get("GAZE_WITHOUT_IMAGE").message()).contains(stranger);
    assertThat(byReason.get("GAZE_ZERO_MASS").message()).contains("of 30 gaze rows 1 are invalid");
  }

  private static int indexOf(List<String> rows, String id) {
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).contains("," + id + ",")) {
        return i;
      }
    }
    throw new AssertionError("no row of " + id);
  }

  @Test
  void gazeThatTheCanvasCutsOffAndEqualPicturesInTwoSplitsAreReported() throws Exception {
    EgdFixture fixture = fixture();
    // Every second sample of a landscape image lies at its lower edge.
    int start = indexOf(fixture.gaze, EgdFixture.id(3));
    for (int k = 0; k < 30; k += 2) {
      fixture.gaze.set(start + k, fixture.gaze.get(start + k).replaceAll(",(-?\\d+)$", ",39"));
    }
    fixture.write();
    preprocess("first");
    Map<String, Split> splits =
        open("first").index().stream()
            .collect(Collectors.toMap(IndexEntry::exampleId, IndexEntry::split));
    // Two portrait images of different splits and the same photometric get the same picture.
    int first = 0;
    int second =
        java.util.stream.IntStream.iterate(4, i -> i < IMAGES, i -> i + 4)
            .filter(i -> splits.get(EgdFixture.id(i)) != splits.get(EgdFixture.id(first)))
            .findFirst()
            .orElseThrow();
    EgdFixture.put(fixture.images.resolve(EgdFixture.path(second)), EgdFixture.dicom(first, first));

    preprocess(
        "shards",
        "preprocess.canvas.native-height-px=36",
        "preprocess.canvas.native-width-px=36",
        "preprocess.canvas.output-height-px=18",
        "preprocess.canvas.output-width-px=18");
    ShardSet set = open("shards");
    assertThat(set.warnings())
        .anySatisfy(
            issue -> {
              assertThat(issue.reason()).isEqualTo("DUPLICATE_PIXELS");
              assertThat(issue.message())
                  .contains(EgdFixture.id(first))
                  .contains(EgdFixture.id(second));
            })
        .anySatisfy(
            issue -> {
              assertThat(issue.exampleId()).isEqualTo(EgdFixture.id(3));
              assertThat(issue.message()).contains("cuts off");
            });
  }

  @Test
  void manifestSaysByWhichRuleTheSplitsAreAndHowManyPatientsAreInTwo() throws Exception {
    fixture().write();
    preprocess("patient");
    preprocess("image", "preprocess.split.rule=authors-by-image");

    assertThat(open("patient").manifest().leakage()).hasValue(new Leakage("patient", 0, 0));
    ShardSet byImage = open("image");
    Map<String, Set<Split>> splits = new TreeMap<>();
    byImage
        .index()
        .forEach(
            entry ->
                splits
                    .computeIfAbsent(entry.patientKey(), any -> EnumSet.noneOf(Split.class))
                    .add(entry.split()));
    long inTwo = splits.values().stream().filter(in -> in.size() > 1).count();
    assertThat(inTwo).isPositive();
    assertThat(byImage.manifest().leakage()).hasValue(new Leakage("authors-by-image", inTwo, 0));
    assertThat(byImage.manifest().leakage().orElseThrow().sentence())
        .isEqualTo(
            "Splits are not by patient (rule authors-by-image): "
                + inTwo
                + " patients have examples in more than one split.");
  }

  @Test
  void fixationsWeightedByDurationAreTheOtherSource() throws Exception {
    EgdFixture fixture = fixture().write();
    Files.delete(fixture.tables.resolve("eye_gaze.csv"));
    preprocess("shards", "preprocess.gaze.source=fixations");
    assertThat(open("shards").fingerprints())
        .allSatisfy(print -> assertThat(print.gazePoints()).isEqualTo(3));
  }

  @Test
  void packedTablesGiveTheSameShards() throws Exception {
    EgdFixture fixture = fixture().write();
    preprocess("plain");
    for (String name : List.of("master_sheet.csv", "eye_gaze.csv", "fixations.csv")) {
      Path table = fixture.tables.resolve(name);
      try (java.io.OutputStream out =
          new java.util.zip.GZIPOutputStream(
              Files.newOutputStream(fixture.tables.resolve(name + ".gz")))) {
        Files.copy(table, out);
      }
      Files.delete(table);
    }
    preprocess("packed");
    assertThat(dataHashes("packed")).isEqualTo(dataHashes("plain"));
  }

  @Test
  void patientAndStudyIdsAreInNoFileOfTheShardSet() throws Exception {
    EgdFixture fixture = fixture().write();
    Files.delete(fixture.images.resolve(EgdFixture.path(0)));
    preprocess("shards", "preprocess.pseudonym-key=very private");
    ShardSet set = open("shards");
    List<String> texts = new ArrayList<>();
    set.quarantine().forEach(issue -> texts.add(issue.toString()));
    set.warnings().forEach(issue -> texts.add(issue.toString()));
    examples(set).values().forEach(example -> texts.add(example.toString()));
    assertThat(texts).hasSize(IMAGES);
    assertThat(texts)
        .allSatisfy(
            text -> assertThat(text).doesNotContainPattern("1000000\\d|5000000\\d|very private"));
    assertThat(set.quarantine().get(0).message()).contains("/p10/p*/s*/" + EgdFixture.id(0));
    assertThat(Files.readString(configFile("shards"))).doesNotContain("very private");
  }

  private Path configFile(String output) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(output))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("config-"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void missingEmptyAndForeignTablesAreErrorsThatNameFileColumnAndFix() throws Exception {
    EgdFixture fixture = fixture().write();
    Path gaze = fixture.tables.resolve("eye_gaze.csv");
    Path master = fixture.tables.resolve("master_sheet.csv");

    EgdFixture.text(gaze, "DICOM_ID,FPOGV,X_ORIGINAL,Time (in secs)\n", List.of("a,1,2,3"), "\n");
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("eye_gaze.csv: column 'Y_ORIGINAL' is missing")
        .hasMessageContaining("found: dicom_id, fpogv, x_original, time (in secs)");
    Files.write(gaze, new byte[0]);
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("eye_gaze.csv: the file is empty");
    EgdFixture.text(gaze, EgdFixture.GAZE_HEADER, List.of(), "\n");
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("eye_gaze.csv: it has a header (row 1) but no rows");
    Files.delete(gaze);
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("eye_gaze.csv: no such file");

    EgdFixture.text(
        master, EgdFixture.MASTER_HEADER.replace(",patient_id", ",who"), fixture.master, "\n");
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("column 'patient_id' or 'subject_id' is missing")
        .hasMessageContaining("row:   1");
    EgdFixture.text(master, EgdFixture.MASTER_HEADER + "\n", List.of(), "\n");
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("master_sheet.csv: it has a header (row 1) but no rows");
    Files.write(master, new byte[0]);
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("master_sheet.csv: the file is empty");
    Files.delete(master);
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no master_sheet.csv")
        .hasMessageContaining("--input");
    assertThat(folder.resolve("shards/manifest.json")).doesNotExist();
  }

  @Test
  void aClassThatWouldBeEmptyInASplitIsAnErrorBeforeAnyImageIsRead() throws Exception {
    EgdFixture fixture = fixture();
    for (int i = 0; i < IMAGES; i++) {
      fixture.master.set(i, EgdFixture.masterRow(i, i < 2 ? 2 : i % 2));
    }
    fixture.writeTables();
    EgdFixture.put(fixture.images.resolve("files/readme"), new byte[1]);
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("class pneumonia would be empty in split");
  }

  @Test
  void tooManyQuarantinedRecordsFailTheJobAfterTheTableIsWritten() throws Exception {
    EgdFixture fixture = fixture().write();
    for (int i = 0; i < 6; i++) {
      Files.delete(fixture.images.resolve(EgdFixture.path(i)));
    }
    assertThatThrownBy(() -> preprocess("shards"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("6 of 60 records (10.0 %) are unusable, at most 5.0 % may be")
        .hasMessageContaining("6 x IMAGE_MISSING")
        .hasMessageContaining("master_sheet.csv, line 2: no file");
    assertThat(folder.resolve("shards/manifest.json")).doesNotExist();
    try (Stream<Path> files = Files.list(folder.resolve("shards/quarantine"))) {
      Path table =
          files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow();
      assertThat(ShardTables.ISSUES.readAll(conf, new org.apache.hadoop.fs.Path(table.toUri())))
          .hasSize(6);
    }
  }

  @Test
  void anUnknownDataSetIsRefusedWithTheKnownNames() {
    assertThatThrownBy(
            () ->
                io.cogaze.dataset.Datasets.open(
                    "mimic", conf, new org.apache.hadoop.fs.Path("x"), java.util.Optional.empty()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'mimic'")
        .hasMessageContaining("egd-cxr");
  }
}
