package io.cogaze.train.spark;

import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.RunLock;
import io.cogaze.run.StageLayout;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.checkpoint.StageState;
import io.cogaze.train.plan.TrainSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The checkpoints that a stage writes and keeps, and the stage's end. */
final class StageCheckpoints {
  private static final Logger LOG = LoggerFactory.getLogger(StageCheckpoints.class);

  private final FileSystem fs;
  private final String stage;
  private final StageLayout layout;
  private final CheckpointStore store;
  private final TrainSettings.Checkpoints cadence;
  private final ConfigStamp stamp;
  private final RunLock lock;

  /** Epoch whose checkpoint is kept whatever the cadence says, 0 for none. */
  private final int pinned;

  /** Epoch of the newest checkpoint that is whole, 0 if there is none. */
  private int kept;

  StageCheckpoints(StageScope scope, CheckpointStore store, ConfigStamp stamp) {
    this.fs = scope.fs();
    this.stage = scope.stage();
    this.layout = scope.layout();
    this.store = store;
    this.cadence = scope.train().checkpoints();
    this.stamp = stamp;
    this.lock = scope.lock();
    this.pinned = scope.request().pinned().getOrDefault(stage, 0);
  }

  /** The checkpoint of an epoch, which was found whole. */
  CheckpointStore.Content resume(int epoch) {
    CheckpointStore.Content content = store.read(epoch);
    kept = epoch;
    return content;
  }

  /** The checkpoint of the best epoch. */
  CheckpointStore.Content best(StageState state) {
    requireBest(state);
    return store.read(state.schedule().bestEpoch());
  }

  /** Stops now where the checkpoint that the stage's end needs is gone, not hours later. */
  void requireBest(StageState state) {
    int best = state.schedule().bestEpoch();
    if (best > kept) {
      return;
    }
    try {
      Manifest.read(fs, layout.checkpoint(best), CheckpointStore.KIND)
          .verify(fs, layout.checkpoint(best), false);
    } catch (InputException e) {
      throw new RunException(
          """
          Stage '%s' stopped after epoch %d: the checkpoint of its best epoch, %d, is not whole any more.
            found: %s
            cause: something else deleted or moved it while the stage trained
            kept:  what is left in %s
            fix:   put it back, or start the same command again as it is: it goes on after the newest epoch \
          whose checkpoint and best checkpoint are whole, and ends in the same parameters"""
              .formatted(
                  stage,
                  state.epoch(),
                  best,
                  e.getMessage().lines().findFirst().orElse(""),
                  layout.checkpoints()),
          e);
    }
  }

  /**
   * Writes what an epoch reached, where its cadence or its being the best asks for it, and deletes
   * what need not be kept any more.
   */
  void write(StageState state, boolean best, Supplier<CheckpointStore.Content> reached) {
    boolean due = state.epoch() % cadence.everyEpochs() == 0 || !state.stop().isEmpty();
    if (!due && !best && state.epoch() != pinned) {
      return;
    }
    CheckpointStore.Content content = reached.get();
    writing(
        "write the checkpoint of epoch " + state.epoch(), () -> store.write(content, stamp, lock));
    kept = state.epoch();
    writing("delete old checkpoints", () -> retain(state));
  }

  private List<Integer> retain(StageState state) {
    List<Integer> epochs = store.epochs();
    int newest = Math.max(0, epochs.size() - cadence.keepLast());
    List<Integer> retained = new ArrayList<>(epochs.subList(newest, epochs.size()));
    retained.add(state.schedule().bestEpoch());
    retained.add(pinned);
    store.retain(retained, lock);
    return retained;
  }

  /**
   * Commits the stage.
   *
   * @param metric that the best epoch is best in
   */
  Manifest finish(StageState state, String metric) {
    requireBest(state);
    return writing("write the stage's end", () -> publish(state, metric));
  }

  private Manifest publish(StageState state, String metric) {
    int bestEpoch = state.schedule().bestEpoch();
    Manifest best = Manifest.read(fs, layout.checkpoint(bestEpoch), CheckpointStore.KIND);
    TreeMap<String, Object> body = new TreeMap<>();
    body.put("stage", stage);
    body.put("epochs", state.epoch());
    body.put("best_epoch", bestEpoch);
    body.put("metric", metric);
    body.put("best_value", Double.toString(state.schedule().bestValue()));
    body.put("stop_reason", state.stop());
    body.put("parameters_sha256", best.body().path("parameters_sha256").asText());
    stamp.putInto(body);
    LOG.info(
        "stage {} is finished: {}; best epoch {} with {} {}",
        stage,
        state.stop(),
        bestEpoch,
        metric,
        body.get("best_value"));
    return FolderCommit.begin(fs, layout.folder(), CheckpointStore.STAGE_KIND)
        .guardedBy(lock)
        .publish(body);
  }

  /** Writes, and explains a file system that fails. */
  <T> T writing(String what, Supplier<T> write) {
    return WriteFailure.explained(fs, stage, what, layout.folder(), kept, write);
  }
}
