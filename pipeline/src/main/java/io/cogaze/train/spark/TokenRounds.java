package io.cogaze.train.spark;

import io.cogaze.train.plan.PlanToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/** The rounds of an epoch by the tokens of its plan. */
final class TokenRounds implements RoundPlan {
  private final JavaSparkContext context;

  /** For each round, tokens by worker. */
  private final List<TreeMap<Integer, String>> rounds = new ArrayList<>();

  private final int epoch;

  /**
   * @param tokens of each round, at least one
   */
  TokenRounds(JavaSparkContext context, List<List<String>> tokens) {
    this.context = context;
    for (List<String> ofRound : tokens) {
      TreeMap<Integer, String> byWorker = new TreeMap<>();
      for (String token : ofRound) {
        byWorker.put(PlanToken.decode(token).worker(), token);
      }
      rounds.add(byWorker);
    }
    this.epoch = tokens.isEmpty() ? 0 : PlanToken.decode(tokens.get(0).get(0)).epoch();
  }

  @Override
  public int epoch() {
    return epoch;
  }

  @Override
  public int rounds() {
    return rounds.size();
  }

  @Override
  public int workers() {
    return rounds.stream().mapToInt(TreeMap::size).max().orElse(0);
  }

  @Override
  public Set<Integer> busy(int round) {
    return rounds.get(round).keySet();
  }

  @Override
  public JavaRDD<byte[]> tasks(
      int round, Set<Integer> workers, RoundStart start, Map<Integer, String> homes) {
    List<Placed.At<String>> work = new ArrayList<>();
    for (int worker : workers) {
      work.add(
          new Placed.At<>(
              rounds.get(round).getOrDefault(worker, RoundTask.idle(worker)),
              Optional.ofNullable(homes.get(worker))));
    }
    return Placed.partitions(context, work, String.class).map(new RoundTask(start));
  }
}
