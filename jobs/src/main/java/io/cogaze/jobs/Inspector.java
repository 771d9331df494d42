package io.cogaze.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.dicom.DicomException;
import io.cogaze.dicom.DicomImage;
import io.cogaze.dicom.DicomReader;
import io.cogaze.error.InputException;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.StageLayout;
import io.cogaze.run.Summary;
import io.cogaze.synthetic.SyntheticData;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.checkpoint.Reproduction;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Finds out what a path is and describes it as JSON with stable keys; {@code kind} is always there.
 */
final class Inspector {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FileSystem fileSystem;

  Inspector(FileSystem fileSystem) {
    this.fileSystem = fileSystem;
  }

  ObjectNode inspect(Path path) throws IOException {
    if (!fileSystem.getFileStatus(path).isDirectory()) {
      return file(path);
    }
    Optional<Manifest> manifest = Manifest.readIfPresent(fileSystem, path);
    if (manifest.isPresent() && !manifest.get().kind().equals(SyntheticData.KIND)) {
      return committed(path, manifest.get());
    }
    if (fileSystem.exists(new Path(path, "stages"))) {
      return run(path);
    }
    for (Path candidate : new Path[] {new Path(path, "egd-cxr/1.0.0"), path}) {
      if (fileSystem.exists(new Path(candidate, "master_sheet.csv"))) {
        ObjectNode found = dataSet(path, candidate);
        if (manifest.isPresent()) {
          ObjectNode made = committed(path, manifest.get());
          made.remove("kind");
          found.setAll(made);
        }
        return found;
      }
    }
    Optional<Path> whole = committedAbove(path);
    if (whole.isPresent()) {
      throw new InputException(
          "Cannot inspect '"
              + path
              + "' by itself: it is a part of "
              + whole.get()
              + ".\n  fix:   cogaze inspect "
              + whole.get());
    }
    throw new InputException(
        "Cannot tell what '"
            + path
            + "' is: it has no complete manifest.json, no stages folder and no master_sheet.csv."
            + "\n  cause: another folder was meant, or the command that writes it was interrupted"
            + "\n  fix:   run that command again; it continues or starts over by itself");
  }

  /** The nearest folder above that is committed. */
  private Optional<Path> committedAbove(Path path) {
    for (Path above = path.getParent(); above != null; above = above.getParent()) {
      if (Manifest.readIfPresent(fileSystem, above).isPresent()) {
        return Optional.of(above);
      }
    }
    return Optional.empty();
  }

  /** Without the configurations of a run's stages, which are long. */
  static ObjectNode brief(ObjectNode found) {
    ObjectNode brief = found.deepCopy();
    boolean shortened = false;
    for (JsonNode stage : brief.path("stages")) {
      if (stage instanceof ObjectNode entry) {
        if (entry.path("provenance").path("notes") instanceof ObjectNode notes) {
          shortened |= notes.remove(Reproduction.CONFIGURATION) != null;
        }
        if (entry.get("result") instanceof ObjectNode result) {
          shortened |= result.remove("config") != null;
        }
      }
    }
    if (shortened) {
      brief.put("more", "--json shows the configuration of the stages too");
    }
    return brief;
  }

  private ObjectNode committed(Path folder, Manifest manifest) {
    manifest.verify(fileSystem, folder, false);
    ObjectNode found = described(manifest.kind(), folder);
    found.put("manifest_sha256", manifest.sha256());
    found.put("files", manifest.files().size());
    found.put("bytes", manifest.files().stream().mapToLong(ManifestFile::sizeBytes).sum());
    found.set("manifest", manifest.body());
    return found;
  }

  private ObjectNode run(Path folder) throws IOException {
    ObjectNode found = described("run", folder);
    Path evaluations = new Path(folder, "evaluation");
    if (fileSystem.exists(evaluations)) {
      ObjectNode splits = found.putObject("evaluation");
      for (FileStatus split : sortedChildren(evaluations)) {
        JsonNode summary = Outputs.readObject(fileSystem, new Path(split.getPath(), Summary.FILE));
        ObjectNode entry = splits.putObject(split.getPath().getName());
        entry.put("complete", Manifest.readIfPresent(fileSystem, split.getPath()).isPresent());
        for (String key : new String[] {"metrics", "floor", "files"}) {
          if (summary.has(key)) {
            entry.set(key, summary.get(key));
          }
        }
      }
    }
    ObjectNode stages = found.putObject("stages");
    for (FileStatus stage : sortedChildren(new Path(folder, "stages"))) {
      if (stage.isDirectory()) {
        stages.set(stage.getPath().getName(), stage(stage.getPath()));
      }
    }
    return found;
  }

  /**
   * A stage's result, and the hash and the provenance of one and the same checkpoint: the best of a
   * finished stage, else the newest.
   */
  private ObjectNode stage(Path folder) throws IOException {
    ObjectNode found = JSON.createObjectNode();
    Optional<Manifest> finished = Manifest.readIfPresent(fileSystem, folder);
    found.put("finished", finished.isPresent());
    finished.ifPresent(manifest -> found.set("result", manifest.body()));
    ArrayNode names = found.putArray("checkpoints");
    StageLayout layout = new StageLayout(folder);
    List<Integer> epochs = new CheckpointStore(fileSystem, layout).epochs();
    epochs.forEach(epoch -> names.add(layout.checkpoint(epoch).getName()));
    int shown =
        finished
            .map(manifest -> manifest.body().path("best_epoch").asInt())
            .orElse(epochs.isEmpty() ? 0 : epochs.get(epochs.size() - 1));
    finished.ifPresent(
        manifest ->
            found.set(Reproduction.PARAMETERS, manifest.body().path(Reproduction.PARAMETERS)));
    if (epochs.contains(shown)) {
      Path checkpoint = layout.checkpoint(shown);
      Manifest whole = Manifest.read(fileSystem, checkpoint);
      found.set(Reproduction.PARAMETERS, whole.body().path(Reproduction.PARAMETERS));
      found.set(
          "provenance",
          Outputs.readObject(
              fileSystem, new Path(checkpoint, whole.file("provenance", ".json").name())));
    }
    return found;
  }

  private ObjectNode dataSet(Path folder, Path tables) throws IOException {
    ObjectNode found = described("data set", folder);
    found.put("dataset", "egd-cxr");
    ObjectNode files = found.putObject("tables");
    for (FileStatus child : sortedChildren(tables)) {
      if (child.isFile()) {
        files.put(child.getPath().getName(), child.getLen());
      }
    }
    JsonNode summary = Outputs.readObject(fileSystem, new Path(folder, Summary.FILE));
    found.put("synthetic", "synthesize".equals(summary.path("command").asText()));
    if (summary.has("counts")) {
      found.set("counts", summary.get("counts"));
    }
    return found;
  }

  private ObjectNode file(Path file) throws IOException {
    String name = file.getName().toLowerCase(Locale.ROOT);
    if (name.equals(Manifest.FILE)) {
      return inspect(file.getParent());
    }
    if (name.endsWith(".json")) {
      ObjectNode found = described("json", file);
      found.set("content", Outputs.readObject(fileSystem, file));
      return found;
    }
    try (InputStream in = fileSystem.open(file)) {
      return dicom(file, DicomReader.read(in));
    } catch (DicomException e) {
      if (e.reason() == DicomException.Reason.NOT_DICOM && !name.endsWith(".dcm")) {
        throw new InputException(
            "Cannot tell what '"
                + file
                + "' is: it is no DICOM file."
                + "\n  fix:   give a folder (data set, shards, run, checkpoint, evaluation), a DICOM file, or a"
                + " .json file of CoGaze",
            e);
      }
      throw new InputException(
          "Cannot read '" + file + "' as a DICOM file (" + e.reason() + "): " + e.getMessage(), e);
    }
  }

  private static ObjectNode dicom(Path file, DicomImage image) {
    ObjectNode found = described("dicom", file);
    found.put("rows", image.rows());
    found.put("columns", image.columns());
    found.put("photometric", image.format().photometric().name());
    found.put("bits_stored", image.format().bitsStored());
    found.put("transfer_syntax", image.transferSyntaxUid());
    int[] range = new int[] {Integer.MAX_VALUE, Integer.MIN_VALUE};
    for (int i = 0; i < image.samples().length; i++) {
      range[0] = Math.min(range[0], image.sample(i));
      range[1] = Math.max(range[1], image.sample(i));
    }
    found.put("smallest_value", range[0]);
    found.put("largest_value", range[1]);
    return found;
  }

  private static ObjectNode described(String kind, Path path) {
    ObjectNode found = JSON.createObjectNode();
    found.put("kind", kind);
    found.put("path", path.toString());
    return found;
  }

  private FileStatus[] sortedChildren(Path folder) throws IOException {
    FileStatus[] children = fileSystem.listStatus(folder);
    Arrays.sort(children);
    return children;
  }
}
