package io.cogaze.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.dicom.DicomImage;
import io.cogaze.dicom.DicomReader;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import io.cogaze.gaze.ImagePoint;
import io.cogaze.gaze.ScreenMapping;
import io.cogaze.gaze.ScreenPoint;
import io.cogaze.image.BitMask;
import io.cogaze.image.GreyImage;
import io.cogaze.image.ImageCodec;
import io.cogaze.image.SimpleFeatures;
import io.cogaze.metric.Classification;
import io.cogaze.run.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticDataTest {
  private static final int IMAGES = 105;
  private static final long SEED = 42;

  @TempDir private static Path folder;
  private static SparkSession spark;
  private static Path data;
  private static SyntheticResult result;

  @BeforeAll
  static void generate() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("synthetic")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 2)
            .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toString())
            .getOrCreate();
    data = folder.resolve("data");
    result = SyntheticData.generate(spark, data.toUri(), Fixtures.small(), IMAGES, SEED);
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static Path egd(String name) {
    return data.resolve("egd-cxr/1.0.0").resolve(name);
  }

  /** Every file of the data set and its hash; what belongs to the run, not the data, left out. */
  private static SortedMap<String, String> files(Path root) throws IOException {
    SortedMap<String, String> hashes = new TreeMap<>();
    try (Stream<Path> found = Files.walk(root)) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        String name = root.relativize(file).toString();
        if (!name.startsWith("_lock")) {
          hashes.put(name, Sha256.of(Files.readAllBytes(file)));
        }
      }
    }
    return hashes;
  }

  @Test
  void sameSeedGivesTheSameBytesWhateverTheNumberOfTasks() throws IOException {
    Path other = folder.resolve("one-task");
    SyntheticResult again =
        SyntheticData.generate(spark, other.toUri(), Fixtures.small(), IMAGES, SEED, false, 1);
    assertThat(again.contentSha256()).isEqualTo(result.contentSha256());
    assertThat(files(other)).isEqualTo(files(data)).hasSize(IMAGES * 6 + 6);
    SyntheticResult different =
        SyntheticData.generate(
            spark, folder.resolve("seed").toUri(), Fixtures.small(), 10, SEED + 1);
    assertThat(different.contentSha256()).isNotEqualTo(result.contentSha256());
  }

  @Test
  void secondRunDoesNothingAndOtherSettingsAreRefused() throws IOException {
    SortedMap<String, String> before = files(data);
    SyntheticResult again =
        SyntheticData.generate(spark, data.toUri(), Fixtures.small(), IMAGES, SEED);
    assertThat(again.alreadyDone()).isTrue();
    assertThat(again.contentSha256()).isEqualTo(result.contentSha256());
    assertThat(again.imagesPerClass()).isEqualTo(result.imagesPerClass());
    assertThatThrownBy(
            () -> SyntheticData.generate(spark, data.toUri(), Fixtures.small(), IMAGES, 7))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("seed");
    assertThat(files(data)).isEqualTo(before);
  }

  @Test
  void whatAnInterruptedRunLeftIsMadeAnew() throws IOException {
    Path broken = folder.resolve("broken");
    Path stale = broken.resolve("mimic-cxr/2.0.0/files/p10/stale.dcm");
    Files.createDirectories(stale.getParent());
    Files.writeString(stale, "half");
    Files.writeString(broken.resolve("_synthetic.json"), "{}");
    SyntheticResult fresh =
        SyntheticData.generate(spark, broken.toUri(), Fixtures.small(), 10, SEED);
    assertThat(fresh.images()).isEqualTo(10);
    assertThat(stale).doesNotExist();
  }

  @Test
  void neverDeletesADataSetThatItDidNotWrite() throws IOException {
    Path real = folder.resolve("real");
    Path sheet = real.resolve("egd-cxr/1.0.0/master_sheet.csv");
    Files.createDirectories(sheet.getParent());
    Files.writeString(sheet, "dicom_id\n");
    assertThatThrownBy(
            () -> SyntheticData.generate(spark, real.toUri(), Fixtures.small(), 10, SEED, true))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("already holds egd-cxr")
        .hasMessageContaining("choose another --output");
    assertThat(sheet).hasContent("dicom_id\n");
  }

  @Test
  void masterSheetHasItsColumnsOneClassARowAndQuotedLineBreaks() throws IOException {
    List<Map<String, String>> rows = Csv.read(egd("master_sheet.csv"));
    assertThat(rows).hasSize(IMAGES);
    assertThat(rows.get(0)).hasSize(59);
    Set<String> patients = new HashSet<>();
    Map<String, Long> classes = new HashMap<>();
    for (Map<String, String> row : rows) {
      List<String> positive =
          Stream.of("Normal", "CHF", "pneumonia")
              .filter(name -> row.get(name).equals("1"))
              .toList();
      assertThat(positive).hasSize(1);
      classes.merge(positive.get(0), 1L, Long::sum);
      patients.add(row.get("patient_id"));
      assertThat(row.get("anchor_age")).matches("[2-7]0 - [3-8]0");
      assertThat(row.get("path")).endsWith("/" + row.get("dicom_id") + ".dcm");
      assertThat(data.resolve("mimic-cxr/2.0.0").resolve(row.get("path"))).exists();
      assertThat(row.get("cxr_exam_indication")).contains("with");
    }
    assertThat(classes).isEqualTo(result.imagesPerClass());
    assertThat(patients).hasSize((int) result.patients()).hasSizeLessThan(IMAGES);
    long lines = Files.readString(egd("master_sheet.csv")).lines().count();
    assertThat(lines).as("physical lines").isGreaterThan(IMAGES + 10);
  }

  @Test
  void gazeTablesHaveTheExactHeader() throws IOException {
    String header =
        "SESSION_ID,MEDIA_ID,DICOM_ID,CNT,Time (in secs),TIMETICK(f=10000000),FPOGX,FPOGY,FPOGS,"
            + "FPOGD,FPOGID,FPOGV,BPOGX,BPOGY,BPOGV,LPCX,LPCY,LPD,LPS,LPV,RPCX,RPCY,RPD,RPS,RPV,"
            + "BKID,BKDUR,BKPMIN,LPMM,LPMMV,RPMM,RPMMV,SACCADE_MAG,SACCADE_DIR,VID_FRAME,"
            + "X_ORIGINAL,Y_ORIGINAL";
    for (String table : List.of("eye_gaze.csv", "fixations.csv")) {
      try (Stream<String> lines = Files.lines(egd(table), StandardCharsets.UTF_8)) {
        assertThat(lines.findFirst()).contains(header);
      }
    }
  }

  @Test
  void everyGazeRowMapsFromScreenToImageAsTheDataSetDoes() throws IOException {
    Map<String, Map<String, String>> sheet =
        Csv.read(egd("master_sheet.csv")).stream()
            .collect(Collectors.toMap(row -> row.get("dicom_id"), row -> row));
    Map<String, ScreenMapping> mappings = new HashMap<>();
    for (Map<String, String> row : sheet.values()) {
      DicomImage image = dicom(row);
      mappings.put(
          row.get("dicom_id").substring(0, 39),
          new ScreenMapping(
              image.columns(),
              image.rows(),
              new ScreenMapping.Pads(
                  whole(row, "image_top_pad"),
                  whole(row, "image_bottom_pad"),
                  whole(row, "image_left_pad"),
                  whole(row, "image_right_pad"))));
    }
    List<Map<String, String>> samples = Csv.read(egd("eye_gaze.csv"));
    assertThat(samples).hasSize((int) result.gazeSamples());
    Set<String> calibrations = new HashSet<>();
    Set<String> read = new HashSet<>();
    int invalid = 0;
    int offImage = 0;
    int blinking = 0;
    int gaps = 0;
    int lastCount = 0;
    for (Map<String, String> row : samples) {
      String id = row.get("DICOM_ID");
      (sheet.containsKey(id) ? read : calibrations).add(id);
      assertThat(id.length()).isIn(39, 44);
      ImagePoint expected =
          mappings
              .get(id.substring(0, 39))
              .toImage(new ScreenPoint(number(row, "FPOGX"), number(row, "FPOGY")));
      assertThat(whole(row, "X_ORIGINAL")).isEqualTo(expected.x());
      assertThat(whole(row, "Y_ORIGINAL")).isEqualTo(expected.y());
      invalid += row.get("FPOGV").equals("0") ? 1 : 0;
      offImage += expected.x() < 0 ? 1 : 0;
      blinking += row.get("BKID").equals("0") ? 0 : 1;
      int count = whole(row, "CNT");
      gaps += count > lastCount + 1 ? 1 : 0;
      lastCount = count;
    }
    assertThat(read).isEqualTo(sheet.keySet());
    assertThat(calibrations).hasSize((IMAGES + 19) / 20);
    assertThat(calibrations).allSatisfy(id -> assertThat(id).hasSize(39));
    assertThat(invalid).isBetween(samples.size() / 50, samples.size() / 3);
    assertThat(offImage).isPositive();
    assertThat(blinking).isPositive();
    assertThat(gaps).isPositive();
  }

  @Test
  void aFixationIsTheLastOfItsSamples() {
    Map<String, Map<String, String>> last = new HashMap<>();
    for (Map<String, String> row : Csv.read(egd("eye_gaze.csv"))) {
      if (row.get("FPOGV").equals("1")) {
        last.put(row.get("DICOM_ID") + " " + row.get("FPOGID"), row);
      }
    }
    List<Map<String, String>> fixations = Csv.read(egd("fixations.csv"));
    assertThat(fixations).hasSize((int) result.fixations());
    for (Map<String, String> row : fixations) {
      assertThat(row).isEqualTo(last.get(row.get("DICOM_ID") + " " + row.get("FPOGID")));
      assertThat(number(row, "FPOGS") + number(row, "FPOGD"))
          .isCloseTo(number(row, "Time (in secs)"), within(1e-9));
    }
  }

  @Test
  void boxesHaveSeventeenNamesAndLieInThePicture() throws IOException {
    List<Map<String, String>> rows = Csv.read(egd("bounding_boxes.csv"));
    assertThat(rows.get(0).keySet())
        .containsExactly("dicom_id", "bbox_name", "x1", "x2", "y1", "y2");
    assertThat(rows.stream().map(row -> row.get("bbox_name")).distinct()).hasSize(17);
    assertThat(rows).hasSizeBetween(IMAGES * 16, IMAGES * 17);
    for (Map<String, String> row : rows) {
      assertThat(number(row, "x1")).isNotNegative().isLessThan(number(row, "x2"));
      assertThat(number(row, "y1")).isNotNegative().isLessThan(number(row, "y2"));
    }
  }

  @Test
  void dicomFilesAndMasksAgreeInSize() throws Exception {
    Set<String> shapes = new HashSet<>();
    Set<Boolean> inverted = new HashSet<>();
    for (Map<String, String> row : Csv.read(egd("master_sheet.csv"))) {
      DicomImage image = dicom(row);
      shapes.add(image.columns() + " x " + image.rows());
      inverted.add(image.monochrome1());
      assertThat(image.format().bitsStored()).isEqualTo(12);
      assertThat(image.ids().patientId()).isEqualTo(row.get("patient_id"));
      Path masks = egd("audio_segmentation_transcripts").resolve(row.get("dicom_id"));
      for (String organ : List.of("left_lung", "right_lung", "mediastanum", "aortic_knob")) {
        BitMask mask = ImageCodec.readMask(Files.readAllBytes(masks.resolve(organ + ".png")));
        assertThat(mask.width()).isEqualTo(image.columns());
        assertThat(mask.height()).isEqualTo(image.rows());
        assertThat(mask.count()).isPositive();
      }
    }
    assertThat(shapes).hasSizeGreaterThan(3);
    assertThat(inverted).containsExactlyInAnyOrder(true, false);
  }

  /** The ceiling that keeps the task honest: brightness and layout must not give the class away. */
  @Test
  void logisticRegressionOnGlobalStatisticsStaysBelowItsCeiling() {
    List<Row> train = new ArrayList<>();
    List<Row> test = new ArrayList<>();
    SyntheticSettings settings = Fixtures.small();
    Cohort cohort = new Cohort(settings, 5);
    PhantomRenderer renderer = new PhantomRenderer(settings);
    for (long index = 0; index < 700; index++) {
      CasePlan plan = cohort.plan(index);
      GreyImage image = new GreyImage(plan.width(), plan.height(), renderer.render(plan).grey());
      Row row = RowFactory.create(label(plan.disease()), Vectors.dense(SimpleFeatures.of(image)));
      (plan.patientIndex() < 480 ? train : test).add(row);
    }
    StructType schema =
        new StructType()
            .add("label", DataTypes.DoubleType)
            .add("features", SQLDataTypes.VectorType());
    LogisticRegressionModel model =
        new LogisticRegression()
            .setFamily("multinomial")
            .setRegParam(0.01)
            .setMaxIter(100)
            .fit(spark.createDataFrame(train, schema).coalesce(2).cache());
    float[][] probabilities = new float[test.size()][3];
    int[] labels = new int[test.size()];
    for (int i = 0; i < labels.length; i++) {
      double[] predicted = model.predictProbability((Vector) test.get(i).get(1)).toArray();
      for (int c = 0; c < 3; c++) {
        probabilities[i][c] = (float) predicted[c];
      }
      labels[i] = (int) test.get(i).getDouble(0);
    }
    double auroc = Classification.of(probabilities, labels, 3).macroAuroc().orElseThrow();
    assertThat(auroc).as("macro AUROC of the plain features").isBetween(0.45, 0.75);
  }

  private static double label(Disease disease) {
    return switch (disease) {
      case NORMAL -> 0;
      case CHF -> 1;
      case PNEUMONIA -> 2;
    };
  }

  private static DicomImage dicom(Map<String, String> row) throws IOException {
    return DicomReader.read(
        Files.readAllBytes(data.resolve("mimic-cxr/2.0.0").resolve(row.get("path"))));
  }

  private static double number(Map<String, String> row, String column) {
    return Double.parseDouble(row.get(column));
  }

  private static int whole(Map<String, String> row, String column) {
    return Integer.parseInt(row.get(column));
  }
}
