package io.cogaze.train.step;

import io.cogaze.shard.Example;
import io.cogaze.train.plan.PlanToken;
import java.util.List;

/** Reads the examples of batches. */
@FunctionalInterface
public interface ExampleSource {
  /** The examples of the rows, in the order of the rows. */
  List<Example> examples(List<PlanToken.Row> rows);

  /** Row groups that were read from files so far; none where examples come from elsewhere. */
  default long rowGroupsRead() {
    return 0;
  }
}
