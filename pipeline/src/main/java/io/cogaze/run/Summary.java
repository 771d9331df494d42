package io.cogaze.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What a command did, for schedulers and scripts: {@code summary.json} in its output folder.
 *
 * <pre>{@code
 * {"command": "preprocess", "state": "done", "counts": {"examples": 1083}, "seconds": 41.2,
 *  "phases": [{"name": "decode", "seconds": 30.1}], "versions": {...}, "metrics": {...},
 *  "floor": {...}, "files": {"predictions": "evaluation/test/predictions.parquet"},
 *  "notes": [...], "details": {...}}
 * }</pre>
 *
 * <p>Metrics and floor appear where a command has them, with the same keys. Numbers that are no
 * number (an undefined metric) are null.
 */
public final class Summary {
  /** Name of the file. */
  public static final String FILE = "summary.json";

  private final String command;
  private final Map<String, Long> counts = new TreeMap<>();
  private final List<PhaseTimer.Phase> phases = new ArrayList<>();
  private final Map<String, Double> metrics = new TreeMap<>();
  private final Map<String, Double> floor = new TreeMap<>();
  private final Map<String, String> files = new TreeMap<>();
  private final Map<String, Object> details = new TreeMap<>();
  private final List<String> notes = new ArrayList<>();
  private String state = "done";
  private Versions versions = Versions.current();

  private Summary(String command) {
    this.command = command;
  }

  /** Of a command, by its name on the command line. */
  public static Summary of(String command) {
    return new Summary(command);
  }

  /** Says that there was nothing to do: the output was there for the same configuration. */
  public Summary alreadyDone() {
    state = "already-done";
    return this;
  }

  /** How many of something, for instance examples or quarantined. */
  public Summary count(String name, long value) {
    counts.put(name, value);
    return this;
  }

  /** Adds the phases of a timer, in order. */
  public Summary phases(PhaseTimer timer) {
    phases.addAll(timer.phases());
    return this;
  }

  /** Adds a phase that was timed elsewhere. */
  public Summary phase(String name, double seconds) {
    phases.add(new PhaseTimer.Phase(name, seconds));
    return this;
  }

  /** A metric on the split that the command is about. */
  public Summary metric(String name, double value) {
    metrics.put(name, value);
    return this;
  }

  /** What the metric of the same name has without learning. */
  public Summary floor(String name, double value) {
    floor.put(name, value);
    return this;
  }

  /** A file that the command wrote, by a name that scripts know. */
  public Summary file(String name, String location) {
    files.put(name, location);
    return this;
  }

  /** Anything else that JSON can hold. */
  public Summary detail(String name, Object value) {
    details.put(name, value);
    return this;
  }

  /** A sentence for people. */
  public Summary note(String sentence) {
    notes.add(sentence);
    return this;
  }

  /** Other versions than those of this process. */
  public Summary versions(Versions other) {
    versions = other;
    return this;
  }

  /** As JSON. */
  public JsonNode toJson() {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("command", command);
    root.put("state", state);
    root.put("counts", counts);
    root.put("seconds", seconds(phases.stream().mapToDouble(PhaseTimer.Phase::seconds).sum()));
    List<Map<String, Object>> list = new ArrayList<>();
    for (PhaseTimer.Phase phase : phases) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", phase.name());
      entry.put("seconds", seconds(phase.seconds()));
      list.add(entry);
    }
    root.put("phases", list);
    root.put("versions", versions.asMap());
    putUnlessEmpty(root, "metrics", numbers(metrics));
    putUnlessEmpty(root, "floor", numbers(floor));
    putUnlessEmpty(root, "files", files);
    putUnlessEmpty(root, "details", details);
    if (!notes.isEmpty()) {
      root.put("notes", notes);
    }
    return Json.tree(root);
  }

  /** Writes {@code summary.json} into the folder, over an older one. */
  public void write(FileSystem fs, Path folder) {
    Path file = new Path(folder, FILE);
    try {
      Json.write(fs, file, toJson());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** Milliseconds are enough, and more digits would only look exact. */
  static BigDecimal seconds(double seconds) {
    return BigDecimal.valueOf(seconds).setScale(3, RoundingMode.HALF_UP);
  }

  private static void putUnlessEmpty(Map<String, Object> root, String name, Map<String, ?> map) {
    if (!map.isEmpty()) {
      root.put(name, map);
    }
  }

  private static Map<String, Double> numbers(Map<String, Double> values) {
    Map<String, Double> result = new TreeMap<>();
    values.forEach((name, value) -> result.put(name, Double.isFinite(value) ? value : null));
    return result;
  }
}
