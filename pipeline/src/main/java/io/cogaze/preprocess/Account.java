package io.cogaze.preprocess;

import io.cogaze.dataset.Reason;
import io.cogaze.dataset.SplitRule;
import io.cogaze.error.InputException;
import io.cogaze.preprocess.Job.ShardDone;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Summary;
import io.cogaze.shard.Fingerprint;
import io.cogaze.shard.Issue;
import io.cogaze.shard.Leakage;
import io.cogaze.shard.ShardManifest;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.ShardTables;
import io.cogaze.shard.Split;
import io.cogaze.shard.StorageSettings;
import java.io.IOException;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Accounts for every record: what became examples, what was left out and why. */
final class Account {
  private Account() {}

  /**
   * Fails when more records were left out than may be, after writing the table of them.
   *
   * @throws InputException with the reasons, the first records and where the table is
   */
  static void requireShare(
      List<Issue> quarantine, long records, double most, Path input, FileSystem fs, Path folder)
      throws IOException {
    double share = (double) quarantine.size() / records;
    if (share <= most) {
      return;
    }
    Path file = new Path(folder, FolderCommit.fileName(ShardSet.QUARANTINE + "failed", ".parquet"));
    ShardTables.ISSUES.writeAll(
        fs, file, StorageSettings.TABLE, quarantine.stream().sorted().toList());
    StringBuilder message = new StringBuilder();
    message.append(
        String.format(
            Locale.ROOT,
            "Cannot preprocess %s: %d of %d records (%.1f %%) are unusable, at most %.1f %% may be",
            input,
            quarantine.size(),
            records,
            100 * share,
            100 * most));
    reasons(quarantine)
        .forEach(
            (reason, count) -> message.append("\n  ").append(count).append(" x ").append(reason));
    quarantine.stream()
        .sorted()
        .limit(3)
        .forEach(
            issue ->
                message
                    .append("\n  ")
                    .append(issue.source())
                    .append(", line ")
                    .append(issue.row())
                    .append(": ")
                    .append(issue.message()));
    throw new InputException(
        message
            .append("\n  all of them: ")
            .append(file)
            .append(
                "\n  fix: correct the data, or raise cogaze.preprocess.max-quarantined-share if you"
                    + " can do without these records")
            .toString());
  }

  /** What the warnings say is in more than one split. */
  static Leakage leakage(SplitRule rule, List<Issue> warnings) {
    return new Leakage(
        rule.name().toLowerCase(Locale.ROOT).replace('_', '-'),
        count(warnings, Reason.PATIENT_IN_TWO_SPLITS),
        count(warnings, Reason.DUPLICATE_PIXELS));
  }

  private static long count(List<Issue> issues, Reason reason) {
    return issues.stream().filter(issue -> issue.reason().equals(reason.name())).count();
  }

  /** The summary of a run that published. */
  static Summary summary(
      String command,
      String dataset,
      ShardManifest manifest,
      long records,
      List<ShardDone> done,
      List<Fingerprint> prints,
      List<Issue> quarantine,
      List<Issue> warnings) {
    Summary summary =
        Summary.of(command)
            .count("records", records)
            .count("examples", manifest.count())
            .count("quarantined", quarantine.size())
            .count("warnings", warnings.size())
            .count("data_files", done.stream().mapToLong(shard -> shard.files().size()).sum())
            .count("gaze_points", prints.stream().mapToLong(Fingerprint::gazePoints).sum())
            .count(
                "gaze_points_off_image",
                prints.stream().mapToLong(Fingerprint::offImagePoints).sum())
            .count("calibration_rows", done.stream().mapToLong(ShardDone::calibrationRows).sum());
    for (Split split : Split.values()) {
      summary.count("examples_" + split.label(), manifest.count(split));
      summary.count("patients_" + split.label(), manifest.counts().get(split).patients());
      summary.count("with_gaze_" + split.label(), manifest.counts().get(split).withGaze());
    }
    summary.detail("quarantine_reasons", reasons(quarantine));
    summary.detail("warning_reasons", reasons(warnings));
    summary.detail("constraints", constraints(quarantine, warnings));
    summary.detail("dataset", dataset);
    summary.detail("content_hash", manifest.contentHash());
    return summary;
  }

  /** Reasons with counts as a line of text. */
  static String text(Map<String, Long> reasons) {
    return reasons.entrySet().stream()
        .map(entry -> entry.getValue() + " x " + entry.getKey())
        .collect(Collectors.joining(", "));
  }

  /** Reason to the number of records that have it. */
  static SortedMap<String, Long> reasons(List<Issue> issues) {
    return issues.stream()
        .collect(Collectors.groupingBy(Issue::reason, TreeMap::new, Collectors.counting()));
  }

  /** Constraint to the number of records that break it. */
  private static Map<String, Long> constraints(List<Issue> quarantine, List<Issue> warnings) {
    Map<String, Long> found = reasons(quarantine);
    reasons(warnings).forEach((reason, count) -> found.merge(reason, count, Long::sum));
    Map<Reason, Long> counts = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      counts.put(reason, found.getOrDefault(reason.name(), 0L));
    }
    found.forEach(
        (reason, count) -> {
          if (reason.startsWith("DICOM_")) {
            counts.merge(Reason.IMAGE_UNREADABLE, count, Long::sum);
          }
        });
    Map<String, Long> constraints = new LinkedHashMap<>();
    counts.forEach((reason, count) -> constraints.put(reason.constraint(), count));
    return constraints;
  }
}
