package io.cogaze.train.spark;

import io.cogaze.run.LockSettings;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.ResourceSettings;
import io.cogaze.train.plan.TrainSettings;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;

/**
 * What to train.
 *
 * @param run folder of the run; a run that exists is continued
 * @param shards folder of the shard set
 * @param recipe the stages
 * @param settings how
 * @param stages names of the stages to run, in any order; empty for all
 * @param startAnew whether stages that were trained with another configuration are thrown away and
 *     trained again; otherwise they are an error
 * @param lock settings of the run folder's lock
 * @param configuration all settings as text, without secrets, which checkpoints keep so that they
 *     can be made again; empty where nobody wants that
 * @param resources what is checked of the executors
 * @param pinned by stage, an epoch whose checkpoint is written and kept whatever the cadence says
 */
public record TrainRequest(
    Path run,
    URI shards,
    Recipe recipe,
    TrainSettings settings,
    List<String> stages,
    boolean startAnew,
    LockSettings lock,
    String configuration,
    ResourceSettings resources,
    Map<String, Integer> pinned) {
  public TrainRequest {
    stages = List.copyOf(stages);
    pinned = Map.copyOf(pinned);
  }

  /** Without a configuration that checkpoints keep, with the default checks, and none pinned. */
  public TrainRequest(
      Path run,
      URI shards,
      Recipe recipe,
      TrainSettings settings,
      List<String> stages,
      boolean startAnew,
      LockSettings lock) {
    this(
        run,
        shards,
        recipe,
        settings,
        stages,
        startAnew,
        lock,
        "",
        ResourceSettings.DEFAULT,
        Map.of());
  }
}
