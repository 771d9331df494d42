package io.cogaze.preprocess;

import io.cogaze.dataset.Dataset;
import io.cogaze.dataset.Datasets;
import io.cogaze.dataset.GazeTable;
import io.cogaze.dataset.LeakageCheck;
import io.cogaze.dataset.Reason;
import io.cogaze.dataset.SplitAssignment;
import io.cogaze.dataset.Studies;
import io.cogaze.dataset.StudyRow;
import io.cogaze.error.InputException;
import io.cogaze.preprocess.Job.DataFile;
import io.cogaze.preprocess.Job.GazeIssue;
import io.cogaze.preprocess.Job.Member;
import io.cogaze.preprocess.Job.ShardDone;
import io.cogaze.preprocess.Job.ShardPlan;
import io.cogaze.preprocess.Job.Table;
import io.cogaze.preprocess.Job.TrackPart;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Folders;
import io.cogaze.run.Manifest;
import io.cogaze.run.OwnFiles;
import io.cogaze.run.PhaseTimer;
import io.cogaze.run.Rerun;
import io.cogaze.run.RunLock;
import io.cogaze.run.Sha256;
import io.cogaze.run.Summary;
import io.cogaze.shard.Fingerprint;
import io.cogaze.shard.HadoopConf;
import io.cogaze.shard.Issue;
import io.cogaze.shard.JavaBytes;
import io.cogaze.shard.ParquetTable;
import io.cogaze.shard.ShardManifest;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.ShardTables;
import io.cogaze.shard.Split;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * Turns a data set into a shard set.
 *
 * <p>The driver reads the table of studies, splits by patient and cuts the examples, ordered by id,
 * into plans of one data file each. Tasks read the gaze tables, send each track to the plan that
 * needs it, decode images one at a time and write their file. The driver collects what the files
 * hold, never pixels, and publishes. Data files have the same pages, byte for byte, whatever the
 * parallelism; only the order of encodings in Parquet's footer may differ between JVMs.
 */
public final class Preprocessor {
  private static final Logger LOG = LoggerFactory.getLogger(Preprocessor.class);
  private static final String COMMAND = "preprocess";
  private static final OwnFiles OWN =
      new OwnFiles(
          Set.of("data", "index", "quarantine", "warnings"),
          Pattern.compile(
              "((data|index|quarantine|warnings)/part-\\d{5,}|quarantine/failed|"
                  + ShardSet.FINGERPRINT
                  + "|"
                  + ShardSet.CONFIG
                  + ")"
                  + OwnFiles.RANDOM
                  + "\\.(parquet|conf)"),
          Set.of());

  private final JavaSparkContext spark;
  private final PreprocessRequest request;
  private final PreprocessSettings settings;
  private final Configuration conf;
  private final Path input;
  private final Path folder;
  private final FileSystem fs;
  private final Dataset dataset;
  private final boolean synthetic;
  private final PhaseTimer timer = new PhaseTimer();

  private Preprocessor(
      JavaSparkContext spark, PreprocessRequest request, PreprocessSettings settings)
      throws IOException {
    this.spark = spark;
    this.request = request;
    this.settings = settings;
    this.conf = spark.hadoopConfiguration();
    this.input = new Path(request.input());
    this.folder = new Path(request.output());
    this.fs = folder.getFileSystem(conf);
    this.dataset =
        Datasets.open(
            request.dataset(),
            conf,
            input,
            Optional.of(settings.imagesRoot()).filter(root -> !root.isEmpty()).map(Path::new));
    this.synthetic = SyntheticMark.isOn(conf, request.input());
  }

  /**
   * Runs the job. Does nothing if the output holds the shards of the same input and settings.
   *
   * @throws InputException if a table is missing, empty or lacks a column, a class is empty in a
   *     split, or too many records were quarantined
   * @throws io.cogaze.error.ConfigurationException if the output holds other shards
   * @throws io.cogaze.error.RunException if another process writes to the output
   */
  public static PreprocessResult run(
      SparkSession session, PreprocessRequest request, PreprocessSettings settings) {
    try {
      return new Preprocessor(
              JavaSparkContext.fromSparkContext(session.sparkContext()), request, settings)
          .run();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot preprocess " + new Path(request.input()), e);
    }
  }

  private PreprocessResult run() throws IOException {
    Folders.requireOutside(fs, folder, "it", input.getFileSystem(conf), input, "--input");
    for (Path read : dataset.folders()) {
      Folders.requireOutside(
          fs, folder, "it", read.getFileSystem(conf), read, "a folder of the data set");
    }
    String inputHash = dataset.inputHash();
    ConfigStamp stamp = stamp(inputHash);
    Rerun rerun = Rerun.decide(fs, folder, ShardManifest.KIND, stamp, request.overwrite());
    if (rerun.action() == Rerun.Action.ALREADY_DONE && isWhole(rerun.committed().orElseThrow())) {
      LOG.info("{} holds the shards of this input and configuration already", folder);
      return new PreprocessResult(
          request.output(),
          published(),
          true,
          List.of(),
          reasons(ShardSet::quarantine),
          reasons(ShardSet::warnings));
    }
    OWN.requireOwn(fs, folder);
    if (settings.pseudonymKey().equals(PreprocessSettings.PUBLIC_KEY)) {
      LOG.warn(
          "Patient ids are hashed with the key that everybody knows. For data of real patients set"
              + " cogaze.preprocess.pseudonym-key, or COGAZE_PSEUDONYM_KEY in the environment");
    }
    try (RunLock lock = RunLock.acquire(fs, folder, COMMAND, request.lock())) {
      FolderCommit.removeLeftovers(fs, folder, OWN);
      FolderCommit commit = FolderCommit.begin(fs, folder, ShardManifest.KIND).guardedBy(lock);
      ShardManifest manifest = write(commit, stamp, inputHash);
      FolderCommit.removeLeftovers(fs, folder, OWN);
      return new PreprocessResult(
          request.output(),
          manifest,
          false,
          timer.phases(),
          reasons(ShardSet::quarantine),
          reasons(ShardSet::warnings));
    }
  }

  /** How often each reason stands in a table of the shards that are there now. */
  private SortedMap<String, Long> reasons(Function<ShardSet, List<Issue>> table) {
    return Account.reasons(table.apply(ShardSet.open(conf, request.output())));
  }

  /** Whether all files that a manifest lists are there with their size. */
  private boolean isWhole(Manifest manifest) {
    try {
      manifest.verify(fs, folder, false);
      return true;
    } catch (InputException e) {
      LOG.warn("The shards are damaged and made again: {}", e.getMessage());
      return false;
    }
  }

  /** The manifest of shards that are there; completes what a kill after publishing left out. */
  private ShardManifest published() throws IOException {
    ShardManifest manifest = ShardSet.open(conf, request.output()).manifest();
    if (!fs.exists(new Path(folder, Summary.FILE))) {
      Summary.of(COMMAND).alreadyDone().count("examples", manifest.count()).write(fs, folder);
    }
    return manifest;
  }

  /** What decides the shards: the settings and the input. */
  private ConfigStamp stamp(String inputHash) {
    SortedMap<String, String> values = new TreeMap<>(request.config().values());
    values.put("dataset", request.dataset());
    values.put("input", input.toString());
    values.put("input content", inputHash);
    return new ConfigStamp(
        Sha256.of(request.config().hash() + "\n" + request.dataset() + "\n" + inputHash), values);
  }

  private ShardManifest write(FolderCommit commit, ConfigStamp stamp, String inputHash)
      throws IOException {
    Studies studies = timer.call("read the table of studies", dataset::studies);
    long records = (long) studies.rows().size() + studies.quarantine().size();
    requireShare(studies.quarantine(), records);
    Map<String, Split> splits = timer.call("split by patient", () -> split(studies.rows()));
    List<ShardDone> done =
        timer.call("decode images and write shards", () -> shards(studies, splits));

    List<Issue> quarantine = new ArrayList<>(studies.quarantine());
    done.forEach(shard -> quarantine.addAll(shard.quarantine()));
    quarantine.sort(null);
    requireShare(quarantine, records);

    requireGaze(done);
    List<Fingerprint> prints =
        done.stream().flatMap(shard -> shard.fingerprints().stream()).toList();
    Set<String> kept = prints.stream().map(Fingerprint::exampleId).collect(Collectors.toSet());
    List<StudyRow> rows =
        studies.rows().stream().filter(row -> kept.contains(row.exampleId())).toList();
    SplitAssignment.requireEveryClass(rows, splits, dataset.targetClasses(), settings.split());
    List<Issue> warnings =
        timer.call(
            "check for leakage and locate gaze rows",
            () -> warnings(studies, rows, splits, done, prints));

    ShardManifest manifest =
        manifest(rows, splits, prints, done, quarantine.size(), warnings.size(), stamp, inputHash)
            .with(Account.leakage(settings.split().rule(), warnings));
    timer.call(
        "write tables and manifest",
        () -> {
          publish(commit, manifest, stamp, done, prints, quarantine, warnings);
          return null;
        });
    summarise(manifest, records, done, prints, quarantine, warnings);
    return manifest;
  }

  /** A gaze table that gives not one example its gaze belongs to other images, or is damaged. */
  private void requireGaze(List<ShardDone> done) {
    boolean any =
        done.stream().flatMap(shard -> shard.index().stream()).anyMatch(entry -> entry.hasGaze());
    if (any || done.stream().allMatch(shard -> shard.index().isEmpty())) {
      return;
    }
    boolean raw = settings.gaze().source() == GazeSettings.Source.RAW;
    List<Issue> warnings = done.stream().flatMap(shard -> shard.warnings().stream()).toList();
    throw new InputException(
        "Cannot preprocess "
            + input
            + ": not one example has gaze, though there is a gaze table, "
            + (raw ? dataset.rawGaze() : dataset.fixations().orElseThrow()).file()
            + "\n  found: "
            + Account.text(Account.reasons(warnings))
            + "\n  cause: the table's image ids or coordinates do not belong to these images, or"
            + " its values are no numbers"
            + "\n  fix:   put the data set's original file there");
  }

  private Map<String, Split> split(List<StudyRow> rows) {
    Map<String, Split> splits = SplitAssignment.assign(rows, settings.split());
    SplitAssignment.requireEveryClass(rows, splits, dataset.targetClasses(), settings.split());
    return splits;
  }

  private List<ShardDone> shards(Studies studies, Map<String, Split> splits) {
    List<ShardPlan> plans = plans(studies.rows(), splits);
    // Where each image's gaze goes. Quarantined images are known, but nobody wants their gaze.
    Map<String, Integer> destinations = new HashMap<>();
    studies.quarantine().forEach(issue -> destinations.put(issue.exampleId(), -1));
    for (int i = 0; i < plans.size(); i++) {
      for (Member member : plans.get(i).members()) {
        destinations.put(member.study().imageId(), i);
      }
    }
    spark.setJobGroup(
        COMMAND,
        String.format(
            Locale.ROOT,
            "%s: %d images of %s to %d data files",
            COMMAND,
            studies.rows().size(),
            dataset.name(),
            plans.size()),
        true);
    Broadcast<Map<String, Integer>> where = spark.broadcast(destinations);
    try {
      JavaRDD<byte[]> gaze =
          gaze(where, plans.size()).partitionBy(new HashPartitioner(plans.size() + 1)).values();
      List<byte[]> encoded = new ArrayList<>();
      plans.forEach(plan -> encoded.add(JavaBytes.of(plan)));
      encoded.add(JavaBytes.of(new ShardPlan("", List.of())));
      ShardTask task =
          new ShardTask(new HadoopConf(conf), folder.toString(), settings, dataset.targetClasses());
      Pattern calibration = Pattern.compile(dataset.calibrationIds());
      return spark
          .parallelize(encoded, encoded.size())
          .zipPartitions(
              gaze,
              (plan, parts) -> {
                ShardPlan members = JavaBytes.read(plan.next(), ShardPlan.class);
                java.util.Iterator<TrackPart> tracks = decoded(parts);
                ShardDone result =
                    members.members().isEmpty()
                        ? ShardTask.strangers(tracks, calibration)
                        : task.write(members, tracks);
                return List.of(JavaBytes.of(result)).iterator();
              })
          .collect()
          .stream()
          .map(bytes -> JavaBytes.read(bytes, ShardDone.class))
          .toList();
    } finally {
      where.unpersist();
      spark.clearJobGroup();
    }
  }

  private static java.util.Iterator<TrackPart> decoded(java.util.Iterator<byte[]> parts) {
    return new java.util.Iterator<>() {
      @Override
      public boolean hasNext() {
        return parts.hasNext();
      }

      @Override
      public TrackPart next() {
        return JavaBytes.read(parts.next(), TrackPart.class);
      }
    };
  }

  /** Examples in the order of their ids, cut into data files. */
  private List<ShardPlan> plans(List<StudyRow> rows, Map<String, Split> splits) {
    List<ShardPlan> plans = new ArrayList<>();
    int size = settings.examplesPerShard();
    for (int from = 0; from < rows.size(); from += size) {
      List<Member> members = new ArrayList<>();
      for (StudyRow row : rows.subList(from, Math.min(rows.size(), from + size))) {
        StudyRow wanted = settings.masks() ? row : row.withoutMasks();
        members.add(new Member(wanted, splits.get(row.exampleId())));
      }
      plans.add(
          new ShardPlan(
              String.format(Locale.ROOT, "%spart-%05d", ShardSet.DATA, plans.size()), members));
    }
    return plans;
  }

  /** Parts of tracks by the number of the plan that needs them; the last one takes strangers. */
  private JavaPairRDD<Integer, byte[]> gaze(Broadcast<Map<String, Integer>> where, int strangers) {
    Optional<GazeTable> fixations = dataset.fixations();
    if (fixations.isEmpty() && settings.gaze().source() == GazeSettings.Source.FIXATIONS) {
      throw new InputException(
          "Cannot make gaze maps: the data set has no table of fixations"
              + "\n  fix: put fixations.csv beside the table of studies, or set"
              + " cogaze.preprocess.gaze.source = raw");
    }
    JavaPairRDD<Integer, byte[]> parts = null;
    if (settings.gaze().source() == GazeSettings.Source.RAW) {
      parts = routed(dataset.rawGaze(), Table.RAW, where, strangers);
    }
    if (fixations.isPresent()) {
      JavaPairRDD<Integer, byte[]> more =
          routed(fixations.get(), Table.FIXATIONS, where, strangers);
      parts = parts == null ? more : parts.union(more);
    }
    return parts;
  }

  private JavaPairRDD<Integer, byte[]> routed(
      GazeTable table, Table kind, Broadcast<Map<String, Integer>> where, int strangers) {
    return table
        .tracks(spark)
        .mapToPair(
            track ->
                new Tuple2<>(
                    where.value().getOrDefault(track._1(), strangers),
                    new Tuple2<>(track._1(), track._2())))
        .filter(track -> track._1() >= 0)
        .mapValues(track -> JavaBytes.of(new TrackPart(track._1(), kind, track._2())));
  }

  private List<Issue> warnings(
      Studies studies,
      List<StudyRow> rows,
      Map<String, Split> splits,
      List<ShardDone> done,
      List<Fingerprint> prints) {
    List<Issue> warnings = new ArrayList<>();
    Set<String> kept = rows.stream().map(StudyRow::exampleId).collect(Collectors.toSet());
    studies.warnings().stream()
        .filter(issue -> issue.exampleId().isEmpty() || kept.contains(issue.exampleId()))
        .forEach(warnings::add);
    List<GazeIssue> gaze = new ArrayList<>();
    for (ShardDone shard : done) {
      warnings.addAll(shard.warnings());
      gaze.addAll(shard.gazeWarnings());
    }
    for (Table table : Table.values()) {
      warnings.addAll(
          located(table, gaze.stream().filter(issue -> issue.table() == table).toList()));
    }
    if (dataset.fixations().isEmpty()) {
      warnings.add(
          new Issue(
              input.toString(),
              0,
              "",
              "gaze",
              Reason.NO_FIXATIONS.name(),
              "The data set has no table of fixations; no example lists fixations"));
    }
    warnings.addAll(LeakageCheck.patients(rows, splits));
    warnings.addAll(LeakageCheck.pixels(prints, input.toString()));
    warnings.sort(null);
    return warnings;
  }

  /** Byte offsets to line numbers, by reading the table once more, only if there is a finding. */
  private List<Issue> located(Table table, List<GazeIssue> issues) {
    if (issues.isEmpty()) {
      return List.of();
    }
    String file =
        table == Table.RAW ? dataset.rawGaze().file() : dataset.fixations().orElseThrow().file();
    List<GazeIssue> ordered =
        issues.stream().sorted(java.util.Comparator.comparingLong(GazeIssue::offset)).toList();
    try {
      FileSystem tables = new Path(file).getFileSystem(conf);
      List<Long> lines =
          GazeTable.lineNumbers(tables, file, ordered.stream().map(GazeIssue::offset).toList());
      List<Issue> located = new ArrayList<>();
      for (int i = 0; i < ordered.size(); i++) {
        GazeIssue issue = ordered.get(i);
        located.add(
            new Issue(
                file, lines.get(i), issue.exampleId(), "gaze", issue.reason(), issue.message()));
      }
      return located;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  private ShardManifest manifest(
      List<StudyRow> rows,
      Map<String, Split> splits,
      List<Fingerprint> prints,
      List<ShardDone> done,
      long quarantined,
      long warnings,
      ConfigStamp stamp,
      String inputHash) {
    Set<String> withGaze =
        done.stream()
            .flatMap(shard -> shard.index().stream())
            .filter(entry -> entry.hasGaze())
            .map(entry -> entry.exampleId())
            .collect(Collectors.toSet());
    double mean = 0;
    double squares = 0;
    long train = 0;
    StringBuilder content = new StringBuilder();
    for (Fingerprint print : prints) {
      content
          .append(print.exampleId())
          .append(' ')
          .append(print.split().label())
          .append(' ')
          .append(print.pixelsSha256())
          .append(' ')
          .append(print.gazeSha256())
          .append('\n');
      if (print.split() == Split.TRAIN) {
        train++;
        mean += print.meanIntensity();
        squares +=
            print.deviationIntensity() * print.deviationIntensity()
                + print.meanIntensity() * print.meanIntensity();
      }
    }
    mean /= train;
    return new ShardManifest(
        dataset.name(),
        settings.canvas().outputHeightPx(),
        settings.canvas().outputWidthPx(),
        dataset.targetClasses(),
        Counts.of(rows, splits, withGaze, dataset.targetClasses()),
        quarantined,
        warnings,
        stamp.hash(),
        inputHash,
        Sha256.of(content.toString()),
        mean,
        Math.sqrt(Math.max(0, squares / train - mean * mean)),
        forModels());
  }

  private Map<String, String> forModels() {
    Map<String, String> values = new LinkedHashMap<>(settings.forModels());
    if (synthetic) {
      values.put(ShardManifest.SYNTHETIC, "true");
    }
    return values;
  }

  private void publish(
      FolderCommit commit,
      ShardManifest manifest,
      ConfigStamp stamp,
      List<ShardDone> done,
      List<Fingerprint> prints,
      List<Issue> quarantine,
      List<Issue> warnings)
      throws IOException {
    for (ShardDone shard : done) {
      for (DataFile file : shard.files()) {
        add(commit, file.name(), file.written());
      }
    }
    table(
        commit,
        ShardSet.INDEX + "part-00000",
        ShardTables.INDEX,
        done.stream().flatMap(shard -> shard.index().stream()).toList());
    table(commit, ShardSet.QUARANTINE + "part-00000", ShardTables.ISSUES, quarantine);
    table(commit, ShardSet.WARNINGS + "part-00000", ShardTables.ISSUES, warnings);
    table(commit, ShardSet.FINGERPRINT, ShardTables.FINGERPRINTS, prints);
    commit.write(ShardSet.CONFIG, ".conf", request.configText().getBytes(StandardCharsets.UTF_8));
    Map<String, Object> body = new LinkedHashMap<>(manifest.body());
    stamp.putInto(body);
    commit.publish(body);
  }

  private <T> void table(FolderCommit commit, String prefix, ParquetTable<T> table, List<T> rows)
      throws IOException {
    Path file = commit.newFile(prefix, ".parquet");
    add(commit, commit.relativeName(file), table.writeAll(fs, file, StorageSettings.TABLE, rows));
  }

  private static void add(FolderCommit commit, String name, WrittenFile written) {
    commit.add(name, written.sizeBytes(), written.sha256(), OptionalLong.of(written.rows()));
  }

  private void requireShare(List<Issue> quarantine, long records) throws IOException {
    Account.requireShare(quarantine, records, settings.maxQuarantinedShare(), input, fs, folder);
  }

  private void summarise(
      ShardManifest manifest,
      long records,
      List<ShardDone> done,
      List<Fingerprint> prints,
      List<Issue> quarantine,
      List<Issue> warnings) {
    Account.summary(COMMAND, dataset.name(), manifest, records, done, prints, quarantine, warnings)
        .phases(timer)
        .write(fs, folder);
    LOG.info(
        "{} examples of {} patients, {} quarantined, {} warnings\n{}",
        manifest.count(),
        manifest.counts().values().stream().mapToLong(count -> count.patients()).sum(),
        quarantine.size(),
        warnings.size(),
        timer.table());
  }
}
