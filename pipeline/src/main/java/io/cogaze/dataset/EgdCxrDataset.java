package io.cogaze.dataset;

import io.cogaze.error.InputException;
import io.cogaze.shard.Issue;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * EGD-CXR 1.0.0 (Karargyris et al. 2021): 1,083 chest X-rays of MIMIC-CXR, one radiologist's gaze,
 * the diagnosis Normal, CHF or pneumonia. The images lie in the DICOM tree of MIMIC-CXR 2.0.0.
 */
public final class EgdCxrDataset implements Dataset {
  /** The name on the command line. */
  public static final String NAME = "egd-cxr";

  private static final List<String> CLASSES = List.of("Normal", "CHF", "pneumonia");
  private static final List<String> MASKS =
      List.of("left_lung", "right_lung", "mediastanum", "aortic_knob");

  private static final Column DICOM_ID = Column.of("dicom_id", "dicom-id");
  private static final Column PATH = Column.of("path");
  private static final Column STUDY_ID = Column.of("study_id");
  private static final Column PATIENT_ID = Column.of("patient_id", "subject_id");
  private static final List<String> FINDINGS =
      List.of(
          "consolidation",
          "enlarged_cardiac_silhouette",
          "linear__patchy_atelectasis",
          "lobar__segmental_collapse",
          "not_otherwise_specified_opacity___pleural__parenchymal_opacity__",
          "pleural_effusion_or_thickening",
          "pulmonary_edema__hazy_opacity",
          "normal_anatomically",
          "elevated_hemidiaphragm",
          "hyperaeration",
          "vascular_redistribution",
          "atelectasis__chx",
          "cardiomegaly__chx",
          "consolidation__chx",
          "edema__chx",
          "enlarged_cardiomediastinum__chx",
          "fracture__chx",
          "lung_lesion__chx",
          "lung_opacity__chx",
          "no_finding__chx",
          "pleural_effusion__chx",
          "pleural_other__chx",
          "pneumonia__chx",
          "pneumothorax__chx",
          "support_devices__chx");

  private static final Column GAZE_VALID = Column.of("FPOGV");
  private static final Column GAZE_X = Column.of("X_ORIGINAL");
  private static final Column GAZE_Y = Column.of("Y_ORIGINAL");
  private static final Column GAZE_DURATION = Column.of("FPOGD");
  private static final GazeTable.Layout RAW =
      new GazeTable.Layout(
          DICOM_ID,
          GAZE_VALID,
          GAZE_X,
          GAZE_Y,
          Column.of("Time (in secs)", "TIME"),
          GAZE_DURATION,
          false);
  private static final GazeTable.Layout FIXATIONS =
      new GazeTable.Layout(
          DICOM_ID, GAZE_VALID, GAZE_X, GAZE_Y, Column.of("FPOGS"), GAZE_DURATION, true);

  /** Folders of MIMIC-CXR that carry the id of a patient or a study. */
  private static final Pattern ID_FOLDER = Pattern.compile("(?<=/)([ps])\\d{3,}(?=/)");

  /** Digits as tables and spreadsheets write them: 100, 0100, 100.0, 100.00. */
  private static final Pattern WHOLE_NUMBER = Pattern.compile("0*([0-9]+?)(?:\\.0*)?");

  private final FileSystem fs;
  private final Path tables;
  private final FileSystem imageFs;
  private final Path images;

  private EgdCxrDataset(FileSystem fs, Path tables, FileSystem imageFs, Path images) {
    this.fs = fs;
    this.tables = tables;
    this.imageFs = imageFs;
    this.images = images;
  }

  /**
   * Finds the folders. Tables: {@code input/egd-cxr/1.0.0}, {@code input/1.0.0} or the input folder
   * itself. Images: the given root, or {@code mimic-cxr/2.0.0} below the input folder or beside
   * {@code egd-cxr}, or the input folder itself where it holds {@code files/}.
   *
   * @param folder the input folder
   * @param imagesRoot the folder that holds MIMIC-CXR's {@code files}, or empty to look for it
   * @throws InputException if the tables or the images are not there
   */
  public static EgdCxrDataset open(Configuration conf, Path folder, Optional<Path> imagesRoot) {
    try {
      FileSystem fs = folder.getFileSystem(conf);
      if (!fs.exists(folder)) {
        throw new InputException(
            "Cannot read the data set egd-cxr: no folder "
                + folder
                + "\n  fix: give --input the folder that holds egd-cxr/1.0.0 and mimic-cxr/2.0.0");
      }
      Path tables =
          first(fs, "master_sheet.csv", folder, "egd-cxr/1.0.0", "1.0.0", "egd-cxr", "")
              .orElseThrow(
                  () ->
                      new InputException(
                          "Cannot read the data set egd-cxr: no master_sheet.csv (nor .csv.gz) in "
                              + new Path(folder, "egd-cxr/1.0.0")
                              + " or "
                              + folder
                              + "\n  cause: another folder was given, or the download is"
                              + " incomplete"
                              + "\n  fix:   give --input the folder that holds egd-cxr/1.0.0 and"
                              + " mimic-cxr/2.0.0"));
      Path root = imagesRoot.orElse(folder);
      FileSystem imageFs = root.getFileSystem(conf);
      Path images =
          (imagesRoot.isPresent()
                  ? first(imageFs, "files", root, "", "mimic-cxr/2.0.0", "2.0.0")
                  : first(
                      imageFs,
                      "files",
                      root,
                      "mimic-cxr/2.0.0",
                      "mimic-cxr",
                      "../mimic-cxr/2.0.0",
                      "../../mimic-cxr/2.0.0",
                      ""))
              .orElseThrow(
                  () ->
                      new InputException(
                          "Cannot read the images of egd-cxr: no folder files in "
                              + new Path(root, "mimic-cxr/2.0.0")
                              + " or "
                              + root
                              + "\n  cause: EGD-CXR ships no images; they are the DICOM files of"
                              + " MIMIC-CXR 2.0.0"
                              + "\n  fix:   put mimic-cxr/2.0.0/files below --input, or set"
                              + " cogaze.preprocess.images-root to the folder that holds files"));
      return new EgdCxrDataset(fs, tables, imageFs, images);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look into " + folder, e);
    }
  }

  private static Optional<Path> first(
      FileSystem fs, String wanted, Path folder, String... candidates) throws IOException {
    for (String candidate : candidates) {
      Path path = candidate.isEmpty() ? folder : new Path(folder, candidate);
      if (CsvTable.find(fs, path, wanted).isPresent()) {
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<String> targetClasses() {
    return CLASSES;
  }

  @Override
  public Studies studies() {
    Path file = table("master_sheet.csv");
    List<StudyRow> rows = new ArrayList<>();
    List<Issue> quarantine = new ArrayList<>();
    List<Issue> warnings = new ArrayList<>();
    long records = 0;
    boolean masks = hasMasks(file, warnings);
    try (CsvTable table = CsvTable.open(fs, file)) {
      List<Column> required = new ArrayList<>(List.of(DICOM_ID, PATH, STUDY_ID, PATIENT_ID));
      CLASSES.forEach(name -> required.add(Column.of(name)));
      table.header().require(required);
      Map<String, Long> seen = new HashMap<>();
      for (Optional<CsvRow> row = table.next(); row.isPresent(); row = table.next()) {
        records++;
        study(row.get(), file, masks, seen, quarantine, warnings).ifPresent(rows::add);
      }
    }
    if (records == 0) {
      throw new InputException(
          "Cannot read "
              + file
              + ": it has a header (row 1) but no rows"
              + "\n  cause: a download that broke off"
              + "\n  fix:   put the data set's original file there");
    }
    rows.sort(Comparator.comparing(StudyRow::exampleId));
    return new Studies(rows, quarantine, warnings);
  }

  private boolean hasMasks(Path source, List<Issue> warnings) {
    Path folder = new Path(tables, "audio_segmentation_transcripts");
    try {
      if (fs.exists(folder)) {
        return true;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look into " + folder, e);
    }
    warnings.add(
        issue(
            source,
            0,
            "",
            Reason.MASK_MISSING,
            "The data set has no folder " + folder + "; no example has organ masks"));
    return false;
  }

  private Optional<StudyRow> study(
      CsvRow row,
      Path file,
      boolean masks,
      Map<String, Long> seen,
      List<Issue> quarantine,
      List<Issue> warnings) {
    String id = row.text(DICOM_ID).orElse("");
    Optional<Issue> problem = problem(row, file, id, seen);
    if (problem.isPresent()) {
      quarantine.add(problem.get());
      return Optional.empty();
    }
    Map<String, Float> labels = new TreeMap<>();
    int targetClass = -1;
    for (int i = 0; i < CLASSES.size(); i++) {
      float value = row.text(Column.of(CLASSES.get(i))).map(Float::parseFloat).orElse(0f);
      labels.put(CLASSES.get(i), value);
      if (value == 1f) {
        targetClass = i;
      }
    }
    for (String finding : FINDINGS) {
      Optional<String> text = row.text(Column.of(finding));
      Optional<Float> value = text.flatMap(EgdCxrDataset::label);
      if (text.isPresent() && value.isEmpty()) {
        warnings.add(
            issue(
                file,
                row.line(),
                id,
                Reason.LABEL_VALUE,
                "%s = '%s' is none of 1, 0, -1 and empty; the label counts as unknown"
                    .formatted(finding, text.get())));
      }
      value.ifPresent(number -> labels.put(finding, number));
    }
    String relative = row.text(PATH).orElseThrow();
    Map<String, String> maskFiles = new LinkedHashMap<>();
    if (masks) {
      for (String mask : MASKS) {
        maskFiles.put(
            mask.equals("mediastanum") ? "mediastinum" : mask,
            new Path(tables, "audio_segmentation_transcripts/" + id + "/" + mask + ".png")
                .toString());
      }
    }
    return Optional.of(
        new StudyRow(
            NAME,
            id,
            id,
            integer(row.text(STUDY_ID).orElse("")),
            patient(row.text(PATIENT_ID).orElseThrow()),
            "",
            new Path(images, relative).toString(),
            ID_FOLDER.matcher(images + "/" + relative).replaceAll("$1*"),
            Collections.unmodifiableMap(labels),
            targetClass,
            Collections.unmodifiableMap(maskFiles),
            file.toString(),
            row.line()));
  }

  /** The first thing that makes a row unusable. */
  private static Optional<Issue> problem(CsvRow row, Path file, String id, Map<String, Long> seen) {
    if (id.isEmpty()) {
      return Optional.of(
          issue(
              file,
              row.line(),
              "",
              Reason.MISSING_ID,
              "dicom_id is empty; fix: correct the row, or remove it"));
    }
    Long first = seen.putIfAbsent(id, row.line());
    if (first != null) {
      return Optional.of(
          issue(
              file,
              row.line(),
              id,
              Reason.DUPLICATE_ID,
              "dicom_id "
                  + id
                  + " stands on line "
                  + first
                  + " already; the first row counts; fix: remove one of them"));
    }
    if (row.text(PATIENT_ID).isEmpty()) {
      return Optional.of(
          issue(
              file,
              row.line(),
              id,
              Reason.MISSING_PATIENT,
              "patient_id is empty, so the image cannot be put into a split without the risk of"
                  + " leakage; fix: complete the row"));
    }
    if (!WHOLE_NUMBER.matcher(row.text(PATIENT_ID).orElseThrow()).matches()) {
      return Optional.of(
          issue(
              file,
              row.line(),
              id,
              Reason.PATIENT_VALUE,
              "patient_id is not a whole number, so the image cannot be put into a split without"
                  + " the risk of leakage; fix: write the id in digits"));
    }
    Optional<String> path = row.text(PATH);
    if (path.isEmpty()) {
      return Optional.of(
          issue(
              file,
              row.line(),
              id,
              Reason.MISSING_PATH,
              "path is empty; fix: complete the row from MIMIC-CXR's cxr-record-list"));
    }
    if (path.get().startsWith("/") || path.get().contains("..") || path.get().contains(":")) {
      return Optional.of(
          issue(
              file,
              row.line(),
              id,
              Reason.UNSAFE_PATH,
              "path does not start with files/ or leaves the image tree; fix: correct the row"));
    }
    return classProblem(row, file, id);
  }

  private static Optional<Issue> classProblem(CsvRow row, Path file, String id) {
    int ones = 0;
    List<String> shown = new ArrayList<>();
    for (String name : CLASSES) {
      String text = row.text(Column.of(name)).orElse("");
      shown.add(name + "=" + (text.isEmpty() ? "empty" : text));
      Optional<Float> value = text.isEmpty() ? Optional.of(0f) : label(text);
      if (value.isEmpty() || value.get() < 0) {
        return Optional.of(
            issue(
                file,
                row.line(),
                id,
                Reason.CLASS_VALUE,
                name + " = '" + text + "', expected 0 or 1; fix: correct the row"));
      }
      ones += value.get() == 1f ? 1 : 0;
    }
    if (ones == 1) {
      return Optional.empty();
    }
    return Optional.of(
        issue(
            file,
            row.line(),
            id,
            Reason.CLASS_NOT_UNIQUE,
            "exactly one of "
                + String.join(", ", CLASSES)
                + " must be 1, but "
                + String.join(", ", shown)
                + "; fix: correct the row"));
  }

  /** A label as written in the tables, "1", "0.0", "-1.0"; empty when it is none. */
  private static Optional<Float> label(String text) {
    try {
      float value = Float.parseFloat(text);
      return value == 0f || value == 1f || value == -1f
          ? Optional.of(value + 0f)
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** An integer id that a spreadsheet may have given a decimal point. */
  private static String integer(String text) {
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  /** Digits without leading zeros, so that one patient has one id. */
  private static String patient(String text) {
    Matcher number = WHOLE_NUMBER.matcher(text);
    if (!number.matches()) {
      throw new IllegalArgumentException("The patient id is not a whole number");
    }
    return number.group(1);
  }

  private static Issue issue(Path file, long line, String id, Reason reason, String message) {
    return new Issue(file.toString(), line, id, "read", reason.name(), message);
  }

  @Override
  public GazeTable rawGaze() {
    return GazeTable.open(fs, table("eye_gaze.csv"), RAW);
  }

  @Override
  public Optional<GazeTable> fixations() {
    return CsvTable.find(fs, tables, "fixations.csv")
        .map(file -> GazeTable.open(fs, file, FIXATIONS));
  }

  /** Calibration stimuli have the id of a real image, 44 characters, without the last five. */
  @Override
  public String calibrationIds() {
    return ".{39}";
  }

  private Path table(String name) {
    return CsvTable.find(fs, tables, name)
        .orElseThrow(() -> CsvTable.missing(new Path(tables, name), null));
  }

  @Override
  public List<Path> folders() {
    return List.of(tables, images);
  }

  @Override
  public String inputHash() {
    try {
      Path master = table("master_sheet.csv");
      StringBuilder text = new StringBuilder();
      text.append(contentHash(master)).append('\n');
      for (String name : List.of("eye_gaze.csv", "fixations.csv")) {
        Optional<Path> file = CsvTable.find(fs, tables, name);
        text.append(file.isPresent() ? state(fs, file.get()) : name + " absent").append('\n');
      }
      text.append(fs.makeQualified(tables)).append('\n');
      text.append(imageFs.makeQualified(images)).append('\n');
      // One look at each file that the table names: in parallel, as object stores are far away.
      studies().rows().parallelStream()
          .map(this::filesState)
          .toList()
          .forEach(line -> text.append(line).append('\n'));
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of()
          .formatHex(digest.digest(text.toString().getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + tables, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This JVM has no SHA-256", e);
    }
  }

  private String contentHash(Path file) throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (InputStream in = CsvTable.openFile(fs, file)) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** State of a study's image and masks. */
  private String filesState(StudyRow row) {
    try {
      StringBuilder text = new StringBuilder(state(imageFs, new Path(row.image())));
      for (String mask : row.masks().values()) {
        text.append(' ').append(state(fs, new Path(mask)));
      }
      return text.toString();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look at the files of " + row.imageName(), e);
    }
  }

  /** Name, size and time of last change of a file, or that it is not there. */
  private static String state(FileSystem fs, Path file) throws IOException {
    try {
      FileStatus status = fs.getFileStatus(file);
      return file.getName() + " " + status.getLen() + " " + status.getModificationTime();
    } catch (FileNotFoundException e) {
      return file.getName() + " absent";
    }
  }
}
