package io.cogaze.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Tells an evaluation of the weights that a run holds from one of weights that it held before: an
 * evaluation's manifest names the parameters of each stage by hash, and so does that of a stage.
 */
public final class StaleEvaluation {
  private static final String PREFIX = "stage.";
  private static final String SUFFIX = ".parameters";
  private static final String EVALUATE = "evaluate";
  private static final int SHOWN = 12;

  private StaleEvaluation() {}

  /** The key of an evaluation's {@link ConfigStamp} that holds the parameters' hash of a stage. */
  public static String key(String stage) {
    return PREFIX + stage + SUFFIX;
  }

  /**
   * One line for each stage whose weights are others now than those that the split was evaluated
   * with, in the order of the names; none where the split was not evaluated, or with these weights.
   *
   * @param split train, valid or test
   */
  public static List<String> differences(FileSystem fs, RunLayout run, String split) {
    Optional<Manifest> evaluation = Manifest.readIfPresent(fs, run.evaluation(split));
    if (evaluation.isEmpty()) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    for (Map.Entry<String, String> value : ConfigStamp.of(evaluation.get()).values().entrySet()) {
      String key = value.getKey();
      if (!key.startsWith(PREFIX) || !key.endsWith(SUFFIX)) {
        continue;
      }
      String stage = key.substring(PREFIX.length(), key.length() - SUFFIX.length());
      String now =
          Manifest.readIfPresent(fs, run.stage(stage).folder())
              .map(manifest -> manifest.body().path("parameters_sha256").asText())
              .orElse("");
      if (!now.equals(value.getValue())) {
        lines.add(
            "%s: evaluated with parameters %s, now %s"
                .formatted(
                    stage,
                    shortened(value.getValue()),
                    now.isEmpty() ? "not trained to its end" : shortened(now)));
      }
    }
    return lines;
  }

  /**
   * Takes metrics, floor and predictions out of {@code RUN/summary.json} where they are of weights
   * that the run no longer holds, and says so in the notes. Call it while the run is locked. Gives
   * what {@link #differences} gives of the split that the summary speaks of.
   */
  public static List<String> withdraw(FileSystem fs, RunLayout run) {
    Path file = new Path(run.root(), Summary.FILE);
    try {
      if (!(read(fs, file) instanceof ObjectNode summary)) {
        return List.of();
      }
      JsonNode evaluate = summary.path("commands").path(EVALUATE);
      String split = evaluate.path("details").path("split").asText();
      List<String> lines = split.isEmpty() ? List.of() : differences(fs, run, split);
      if (lines.isEmpty()) {
        return lines;
      }
      summary.remove(List.of("metrics", "floor"));
      if (summary.get("files") instanceof ObjectNode files) {
        files.remove("predictions");
      }
      if (summary.get("commands") instanceof ObjectNode commands) {
        commands.remove(EVALUATE);
      }
      summary.withArray("notes").add(note(split, lines));
      Json.write(fs, file, summary);
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** The sentence for people. */
  public static String note(String split, List<String> differences) {
    return "The evaluation of split %s is of other weights than the run holds now (%s). Run evaluate and report again."
        .formatted(split, String.join("; ", differences));
  }

  private static JsonNode read(FileSystem fs, Path file) throws IOException {
    Optional<byte[]> bytes = Json.getIfWhole(fs, file);
    try {
      return bytes.map(Json::parse).orElse(Json.tree(null));
    } catch (UncheckedIOException e) {
      // Cut off while it was written: nothing can be read from it, so nothing misleads.
      return Json.tree(null);
    }
  }

  private static String shortened(String hash) {
    return hash.length() <= SHOWN ? hash : hash.substring(0, SHOWN);
  }
}
