package io.cogaze.train.spark;

import io.cogaze.error.InputException;
import io.cogaze.nn.network.Head;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.Split;
import io.cogaze.train.plan.ExampleRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The examples of a split that have a target for what a stage trains. */
final class StageExamples {
  private static final Logger LOG = LoggerFactory.getLogger(StageExamples.class);

  private StageExamples() {}

  /** In the index's order. Errors: {@link InputException} when there are none. */
  static List<ExampleRef> of(StageScope scope, Split split) {
    String stage = scope.stage();
    Map<Head, Double> heads = scope.heads();
    boolean needsClass = heads.keySet().stream().anyMatch(head -> head != Head.SALIENCY);
    boolean needsGaze = heads.containsKey(Head.SALIENCY);
    List<ExampleRef> examples = new ArrayList<>();
    int without = 0;
    for (IndexEntry entry : scope.shards().index()) {
      if (entry.split() != split) {
        continue;
      }
      boolean useful = (needsClass && entry.targetClass() >= 0) || (needsGaze && entry.hasGaze());
      if (useful) {
        examples.add(
            new ExampleRef(
                entry.exampleId(),
                entry.file(),
                entry.rowGroup(),
                entry.row(),
                entry.targetClass()));
      } else {
        without++;
      }
    }
    LOG.info(
        "stage {}: {} {} examples, {} more have no target for it",
        stage,
        examples.size(),
        split.label(),
        without);
    if (examples.isEmpty()) {
      throw new InputException(
          "Stage '"
              + stage
              + "' has no "
              + split.label()
              + " example with a target for "
              + scope.settings().heads().keySet()
              + " in "
              + scope.request().shards());
    }
    return examples;
  }
}
