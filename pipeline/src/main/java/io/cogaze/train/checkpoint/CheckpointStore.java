package io.cogaze.train.checkpoint;

import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.Provenance;
import io.cogaze.run.RunLock;
import io.cogaze.run.StageLayout;
import io.cogaze.weights.ParametersHash;
import io.cogaze.weights.Safetensors;
import io.cogaze.weights.Tensors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The checkpoints of one stage: one committed folder an epoch. */
public final class CheckpointStore {
  /** Kind of a checkpoint's manifest. */
  public static final String KIND = "checkpoint";

  /** Kind of the manifest of a finished stage. */
  public static final String STAGE_KIND = "stage";

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
  private static final String PARAMETERS = "parameters";
  private static final String SAFETENSORS = ".safetensors";
  private static final String UPDATER = "updater";
  private static final String BIN = ".bin";
  private static final String CONFIGURATION = "configuration";
  private static final String STATE = "state";
  private static final String PROVENANCE = "provenance";
  private static final String JSON = ".json";

  private final FileSystem fs;
  private final StageLayout layout;

  /** The checkpoints under a stage's folder. */
  public CheckpointStore(FileSystem fs, StageLayout layout) {
    this.fs = fs;
    this.layout = layout;
  }

  /**
   * A checkpoint's content.
   *
   * @param tensors of the stage's network, and those that were only carried along
   * @param updater state of the optimiser
   */
  public record Content(
      ModelDescription description,
      StageState state,
      Tensors tensors,
      float[] updater,
      Provenance provenance) {}

  /** Writes the checkpoint of the state's epoch in one commit. */
  public Manifest write(Content content, ConfigStamp stamp, RunLock lock) {
    Path folder = layout.checkpoint(content.state().epoch());
    FolderCommit commit = FolderCommit.begin(fs, folder, KIND).guardedBy(lock);
    commit.write(PARAMETERS, SAFETENSORS, bytes(content.tensors()));
    ByteBuffer updater =
        ByteBuffer.allocate(Float.BYTES * content.updater().length).order(ByteOrder.LITTLE_ENDIAN);
    updater.asFloatBuffer().put(content.updater());
    commit.write(UPDATER, BIN, updater.array());
    commit.write(CONFIGURATION, JSON, content.description().bytes());
    commit.write(STATE, JSON, content.state().bytes());
    String hash = ParametersHash.sha256(content.tensors());
    commit.write(
        PROVENANCE,
        JSON,
        content
            .provenance()
            .withNote(Reproduction.EPOCH, Integer.toString(content.state().epoch()))
            .withNote(Reproduction.PARAMETERS, hash)
            .bytes());
    TreeMap<String, Object> body = new TreeMap<>();
    body.put("epoch", content.state().epoch());
    body.put("stage", content.description().stage());
    body.put("parameters_sha256", hash);
    stamp.putInto(body);
    Manifest manifest = commit.publish(body);
    FolderCommit.removeLeftovers(fs, folder);
    return manifest;
  }

  /** Reads the checkpoint of an epoch. Errors: {@link InputException} when it is not whole. */
  public Content read(int epoch) {
    Path folder = layout.checkpoint(epoch);
    Manifest manifest = Manifest.read(fs, folder, KIND);
    manifest.verify(fs, folder, true);
    byte[] updaterBytes = bytes(folder, manifest.file(UPDATER, BIN));
    float[] updater = new float[updaterBytes.length / Float.BYTES];
    ByteBuffer.wrap(updaterBytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(updater);
    return new Content(
        ModelDescription.parse(
            bytes(folder, manifest.file(CONFIGURATION, JSON)), folder.toString()),
        StageState.parse(bytes(folder, manifest.file(STATE, JSON))),
        tensors(bytes(folder, manifest.file(PARAMETERS, SAFETENSORS)), folder.toString()),
        updater,
        Provenance.parse(bytes(folder, manifest.file(PROVENANCE, JSON))));
  }

  /** Where the checkpoint of an epoch comes from. Errors: {@link InputException} without one. */
  public Provenance provenance(int epoch) {
    Path folder = layout.checkpoint(epoch);
    Manifest manifest = Manifest.read(fs, folder, KIND);
    return Provenance.parse(bytes(folder, manifest.file(PROVENANCE, JSON)));
  }

  /** The epochs that have a committed checkpoint, ascending. */
  public List<Integer> epochs() {
    List<Integer> epochs = new ArrayList<>();
    for (int epoch : folders()) {
      if (Manifest.readIfPresent(fs, layout.checkpoint(epoch)).isPresent()) {
        epochs.add(epoch);
      }
    }
    return epochs;
  }

  /**
   * The newest epoch that training can go on from: its checkpoint is whole, and so is that of the
   * best epoch until then. Others are passed over with a warning.
   */
  public Optional<Integer> newestUsable() {
    List<Integer> epochs = epochs();
    for (int i = epochs.size() - 1; i >= 0; i--) {
      int epoch = epochs.get(i);
      Optional<String> damage = damage(epoch);
      if (damage.isEmpty()) {
        int best = state(epoch).schedule().bestEpoch();
        damage = best < 1 || best == epoch ? Optional.empty() : damage(best);
      }
      if (damage.isEmpty()) {
        return Optional.of(epoch);
      }
      LOG.warn("Passing over a damaged checkpoint: {}", damage.get());
    }
    return Optional.empty();
  }

  /** What is wrong with the checkpoint of an epoch; empty when it is whole. Reads every byte. */
  public Optional<String> damage(int epoch) {
    Path folder = layout.checkpoint(epoch);
    try {
      Manifest.read(fs, folder, KIND).verify(fs, folder, true);
      return Optional.empty();
    } catch (InputException e) {
      return Optional.of(e.getMessage());
    }
  }

  private StageState state(int epoch) {
    Path folder = layout.checkpoint(epoch);
    return StageState.parse(bytes(folder, Manifest.read(fs, folder, KIND).file(STATE, JSON)));
  }

  /**
   * Deletes every checkpoint whose epoch is not to be kept. Errors: {@link RunException} when the
   * run is another process's meanwhile, which may need what this one would delete.
   */
  public void retain(List<Integer> kept, RunLock lock) {
    for (int epoch : folders()) {
      if (!kept.contains(epoch)) {
        lock.check();
        delete(layout.checkpoint(epoch));
      }
    }
  }

  /** The epochs that have a folder, whole or not, ascending. */
  private List<Integer> folders() {
    List<Integer> epochs = new ArrayList<>();
    try {
      if (fs.exists(layout.checkpoints())) {
        for (FileStatus status : fs.listStatus(layout.checkpoints())) {
          if (status.getPath().getName().matches("[0-9]{4,9}")) {
            epochs.add(Integer.parseInt(status.getPath().getName()));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot list " + layout.checkpoints() + ": " + e.getMessage(), e);
    }
    epochs.sort(null);
    return epochs;
  }

  private void delete(Path folder) {
    try {
      fs.delete(new Path(folder, Manifest.FILE), false);
      fs.delete(folder, true);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + folder + ": " + e.getMessage(), e);
    }
  }

  /** The content of a safetensors file. */
  static byte[] bytes(Tensors tensors) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(tensors, out);
    return out.toByteArray();
  }

  /** Reads what {@link #bytes(Tensors)} wrote. */
  static Tensors tensors(byte[] file, String source) {
    return Safetensors.read(new ByteArrayInputStream(file), source);
  }

  private byte[] bytes(Path folder, ManifestFile file) {
    Path path = new Path(folder, file.name());
    try (InputStream in = fs.open(path)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + path + ": " + e.getMessage(), e);
    }
  }
}
