package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.train.TestSpark;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.SamplerKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.TaskLocation;
import org.junit.jupiter.api.Test;
import scala.collection.JavaConverters;

final class TokenRoundsTest {
  /** A worker's window of decoded examples is where it was; elsewhere it is read again. */
  @Test
  void aWorkerGoesOnWhereItWasIfThereIsRoom() {
    List<ExampleRef> examples = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      examples.add(new ExampleRef("e" + i, "file", i / 4, i % 4, i % 3));
    }
    EpochPlan plan = new EpochPlanner(SamplerKind.SHUFFLED, 3, 2, 2, 8).plan(examples, 1, "s", 1);
    JavaSparkContext context = new JavaSparkContext(TestSpark.session().sparkContext());
    TokenRounds rounds =
        new TokenRounds(context, List.of(PlanToken.encode(1, plan).subList(0, plan.workers())));
    Map<Integer, String> homes = Map.of(0, "executor_a_7", 2, "executor_b_8");

    JavaRDD<byte[]> tasks = rounds.tasks(0, rounds.busy(0), null, homes);

    List<List<String>> places = new ArrayList<>();
    for (int partition = 0; partition < tasks.getNumPartitions(); partition++) {
      places.add(
          JavaConverters.seqAsJavaList(context.sc().getPreferredLocs(tasks.rdd(), partition))
              .stream()
              .map(TaskLocation::toString)
              .toList());
    }
    assertThat(places)
        .as("of workers 0, 1 and 2")
        .containsExactly(List.of("executor_a_7"), List.of(), List.of("executor_b_8"));
  }
}
