package io.cogaze.inference;

import io.cogaze.run.LockSettings;
import io.cogaze.shard.Split;
import java.net.URI;
import java.util.List;
import org.apache.hadoop.fs.Path;

/**
 * What to evaluate.
 *
 * @param run the run folder
 * @param shards folder of the shard set
 * @param split of the shard set
 * @param stages names in the order of the recipe; empty to take what the run folder holds
 * @param configText the resolved configuration without secrets, kept in the output folder
 * @param overwrite whether an evaluation that is there may be replaced
 * @param lock settings of the run folder's lock
 */
public record EvaluateRequest(
    Path run,
    URI shards,
    Split split,
    List<String> stages,
    String configText,
    boolean overwrite,
    LockSettings lock) {
  public EvaluateRequest {
    stages = List.copyOf(stages);
  }
}
