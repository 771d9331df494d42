package io.cogaze.train.checkpoint;

import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import io.cogaze.run.Folders;
import io.cogaze.run.Manifest;
import io.cogaze.run.Provenance;
import io.cogaze.run.RunLayout;
import io.cogaze.run.StageLayout;
import io.cogaze.train.plan.InitWeights;
import io.cogaze.train.plan.Recipe;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Making a checkpoint again from its {@code provenance.json}, and whether it came out the same.
 *
 * @param source the file, for messages
 * @param provenance its content
 */
public record Reproduction(String source, Provenance provenance) {
  /** Note of the stage. */
  public static final String STAGE = "stage";

  /** Note of the checkpoint's epoch. */
  public static final String EPOCH = "epoch";

  /** Note of the hash of its tensors. */
  public static final String PARAMETERS = "parameters_sha256";

  /** Note of all settings, as HOCON. */
  public static final String CONFIGURATION = "configuration";

  /** Note of the kernel. */
  public static final String KERNEL = "kernel";

  /** Note of the model of the driver's processor. */
  public static final String PROCESSOR = "processor";

  /** Note of other numbers of workers that trained before, where there were some. */
  public static final String OTHER_WORKERS = "other_workers";

  /** Note of the threads of each worker's kernels. */
  public static final String NATIVE_THREADS = "native_threads";

  /**
   * Reads a provenance. Errors: {@link InputException} when there is none, or none that says how to
   * train again.
   */
  public static Reproduction read(FileSystem fs, Path file) {
    byte[] bytes;
    try (InputStream in = fs.open(file)) {
      bytes = in.readAllBytes();
    } catch (FileNotFoundException e) {
      throw new InputException(
          "Cannot reproduce '"
              + file
              + "': there is no such file.\n  fix:   give a provenance-….json of a checkpoint,"
              + " RUN/stages/STAGE/checkpoints/EPOCH/",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + ": " + e.getMessage(), e);
    }
    Provenance provenance;
    try {
      provenance = Provenance.parse(bytes);
    } catch (RuntimeException e) {
      throw new InputException("Cannot reproduce '" + file + "': it is no provenance.json", e);
    }
    for (String note : List.of(STAGE, EPOCH, PARAMETERS, CONFIGURATION)) {
      if (!provenance.notes().containsKey(note)) {
        throw new InputException(
            "Cannot reproduce '"
                + file
                + "': it has no "
                + note
                + ".\n  cause: it is not of a checkpoint, or an older CoGaze wrote it"
                + "\n  fix:   train with the recipe and the settings of its run folder instead");
      }
    }
    Reproduction reproduction = new Reproduction(file.toString(), provenance);
    if (!provenance.notes().get(EPOCH).matches("[1-9][0-9]{0,8}")
        || !provenance.notes().get(PARAMETERS).matches("[0-9a-f]{64}")) {
      throw reproduction.contradiction(
          "its epoch is '%s' and its parameters_sha256 '%s'"
              .formatted(provenance.notes().get(EPOCH), provenance.notes().get(PARAMETERS)));
    }
    if (provenance.notes().containsKey(OTHER_WORKERS)) {
      throw new InputException(
          "Cannot reproduce '"
              + file
              + "': its stage was not trained by %d workers from the beginning, but by %s.\n"
                  .formatted(provenance.workers(), provenance.notes().get(OTHER_WORKERS))
              + "  cause: resources.allow-other-workers let it go on with another number\n"
              + "  fix:   give the provenance of a checkpoint before that");
    }
    return reproduction;
  }

  private InputException contradiction(String found) {
    return new InputException(
        "Cannot reproduce '"
            + source
            + "': "
            + found
            + ".\n  cause: the file was changed after CoGaze wrote it"
            + "\n  fix:   give the provenance-….json as it lies beside the checkpoint");
  }

  /** The epoch of the checkpoint, from 1. */
  public int epoch() {
    return Integer.parseInt(provenance.notes().get(EPOCH));
  }

  /** All settings that the checkpoint was trained with, as HOCON. */
  public String configuration() {
    return provenance.notes().get(CONFIGURATION);
  }

  /** The stage of the checkpoint. */
  public String stage() {
    return provenance.notes().get(STAGE);
  }

  /**
   * The stage, and those that it takes weights from, in the recipe's order. Errors: {@link
   * io.cogaze.error.ConfigurationException} when the recipe has no such stage, {@link
   * InputException} when the stage has no such epoch.
   */
  public List<String> stages(Recipe recipe) {
    int epochs = recipe.plan(stage()).settings().epochs();
    if (epoch() > epochs) {
      throw contradiction(
          "it is of epoch %d, but its stage '%s' has %d".formatted(epoch(), stage(), epochs));
    }
    List<String> needed = new ArrayList<>();
    needed.add(recipe.plan(stage()).name());
    for (int i = 0; i < needed.size(); i++) {
      for (InitWeights init : recipe.plan(needed.get(i)).settings().initWeights()) {
        if (!needed.contains(init.fromStage())) {
          needed.add(init.fromStage());
        }
      }
    }
    return recipe.order().stream().filter(needed::contains).toList();
  }

  /**
   * The new run must be of its own, or there would be nothing to compare. Errors: {@link
   * io.cogaze.error.ConfigurationException} when the file lies in it.
   */
  public void requireOutside(FileSystem fs, Path run) {
    Path file = new Path(source);
    if (!source.matches(".*/stages/[^/]+/checkpoints/[^/]+/[^/]+")) {
      return;
    }
    try {
      Folders.requireOutside(
          fs, run, "--run", file.getFileSystem(fs.getConf()), runOf(file), "--reproduce");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot reach " + file, e);
    }
  }

  /** Of RUN/stages/STAGE/checkpoints/EPOCH/FILE. */
  private static Path runOf(Path file) {
    Path stage = file.getParent().getParent().getParent();
    return stage.getParent().getParent();
  }

  /**
   * Compares with the same stage and epoch of a run; gives a sentence that says they are equal.
   *
   * <p>Errors: {@link RunException} that names both hashes and the first thing that differs between
   * the two environments.
   */
  public String compare(FileSystem fs, RunLayout run) {
    int epoch = epoch();
    StageLayout layout = run.stage(stage());
    Optional<Manifest> made = Manifest.readIfPresent(fs, layout.checkpoint(epoch));
    if (made.isEmpty()) {
      throw new RunException(
          "Not reproduced: "
              + layout.checkpoints()
              + " has no checkpoint of epoch "
              + epoch
              + ", which "
              + source
              + " is of.\n  cause: the stage ended before that epoch, which it did not the first"
              + " time; or somebody deleted the checkpoint");
    }
    String expected = provenance.notes().get(PARAMETERS);
    String found = made.get().body().path(PARAMETERS).asText();
    String what = "stage " + stage() + ", epoch " + epoch + ": parameters_sha256 ";
    if (found.equals(expected)) {
      return what + found + " is equal to that of " + source;
    }
    Provenance here = new CheckpointStore(fs, layout).provenance(epoch);
    throw new RunException(
        "Not reproduced: "
            + what
            + "differs.\n  there: "
            + expected
            + " ("
            + source
            + ")\n  here:  "
            + found
            + " ("
            + layout.checkpoint(epoch)
            + ")\n  cause: "
            + firstDifference(provenance, here)
                .orElse(
                    "nothing that provenance records differs: a machine at fault, or a bug of"
                        + " CoGaze"));
  }

  /** The first thing that decides bits and differs, with both values. */
  public static Optional<String> firstDifference(Provenance there, Provenance here) {
    Map<String, String> a = environment(there);
    Map<String, String> b = environment(here);
    for (Map.Entry<String, String> item : a.entrySet()) {
      String now = b.get(item.getKey());
      if (!item.getValue().equals(now)) {
        return Optional.of(item.getKey() + ": there " + item.getValue() + ", here " + now);
      }
    }
    return Optional.empty();
  }

  /** What decides bits, the likeliest first. */
  private static Map<String, String> environment(Provenance provenance) {
    Map<String, String> items = new LinkedHashMap<>();
    items.put("configuration and content of the shards", provenance.configHash());
    items.put("seeds", provenance.seeds().toString());
    items.put("workers", Integer.toString(provenance.workers()));
    items.put("native threads", note(provenance, NATIVE_THREADS));
    items.put("kernel", note(provenance, KERNEL));
    items.put("native classifier", provenance.nativeClassifier());
    items.put("processor of the driver", note(provenance, PROCESSOR));
    provenance.versions().asMap().forEach((name, version) -> items.put(name + " version", version));
    items.put("executors", Integer.toString(provenance.executors()));
    items.put("manifest of the shards", provenance.data().toString());
    return items;
  }

  private static String note(Provenance provenance, String name) {
    return provenance.notes().getOrDefault(name, "not recorded");
  }
}
