package io.cogaze.jobs.bench;

import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.Split;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.SamplerKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What a driver holds of a shard set and of an epoch's plan while it trains, made up: the index,
 * the examples, the plan and its tokens. Ids are as long as MIMIC-CXR's.
 */
record SimulatedManifest(
    List<IndexEntry> index, List<ExampleRef> examples, EpochPlan plan, List<String> tokens) {
  private static final int ROWS_OF_FILE = 512;
  private static final int ROWS_OF_GROUP = 32;
  private static final int CLASSES = 3;
  private static final int SHUFFLE_WINDOW = 256;

  static SimulatedManifest of(int count, int workers, int batch, int frequency) {
    SplittableRandom random = new SplittableRandom(1);
    List<IndexEntry> index = new ArrayList<>(count);
    List<ExampleRef> examples = new ArrayList<>(count);
    String file = "";
    for (int i = 0; i < count; i++) {
      int inFile = i % ROWS_OF_FILE;
      if (inFile == 0) {
        file =
            String.format(
                Locale.ROOT, "data/part-%05d-%016x.parquet", i / ROWS_OF_FILE, random.nextLong());
      }
      String id =
          String.format(
              Locale.ROOT,
              "mimic-cxr/%08x-%08x-%08x-%08x-%08x",
              random.nextInt(),
              random.nextInt(),
              random.nextInt(),
              random.nextInt(),
              random.nextInt());
      String patient = String.format(Locale.ROOT, "%032x", random.nextLong());
      IndexEntry entry =
          new IndexEntry(
              id,
              patient,
              Split.TRAIN,
              random.nextInt(CLASSES),
              true,
              file,
              inFile / ROWS_OF_GROUP,
              inFile % ROWS_OF_GROUP);
      index.add(entry);
      examples.add(new ExampleRef(id, file, entry.rowGroup(), entry.row(), entry.targetClass()));
    }
    EpochPlan plan =
        new EpochPlanner(SamplerKind.SHUFFLED, workers, batch, frequency, SHUFFLE_WINDOW)
            .plan(examples, 1, "benchmark", 1);
    return new SimulatedManifest(index, examples, plan, PlanToken.encode(1, plan));
  }

  /** Characters of all tokens. */
  long tokenCharacters() {
    return tokens.stream().mapToLong(String::length).sum();
  }
}
