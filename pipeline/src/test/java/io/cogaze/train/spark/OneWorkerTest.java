package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.ExampleKeys;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.BuiltNetwork;
import io.cogaze.nn.network.Head;
import io.cogaze.run.LockSettings;
import io.cogaze.run.RunLayout;
import io.cogaze.shard.Example;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.Split;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TestSpark;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.step.BatchAssembler;
import io.cogaze.train.step.WorkerReport;
import io.cogaze.weights.ParametersHash;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.learning.config.Adam;

final class OneWorkerTest {
  private static final int EPOCHS = 2;

  @TempDir Path folder;

  @Test
  void oneWorkerIsComputationGraphFitOnTheSameBatchesBitForBit() throws IOException {
    URI shards = TrainingShards.write(folder.resolve("shards"), 23, 6, 64, 64);
    Recipe recipe = TestRecipes.first(1, EPOCHS);
    org.apache.hadoop.fs.Path run = new org.apache.hadoop.fs.Path(folder.resolve("run").toUri());
    StageTrainer.train(
        TestSpark.session(),
        new TrainRequest(
            run, shards, recipe, TestRecipes.settings(1), List.of(), false, LockSettings.DEFAULT));
    CheckpointStore.Content trained =
        new CheckpointStore(
                FileSystem.getLocal(new Configuration()), new RunLayout(run).stage("contrast"))
            .read(EPOCHS);

    NativeLibrary.threads(1);
    BuiltNetwork built =
        ModelDescription.spec(TestRecipes.NETWORK, 64, 64, 3)
            .network()
            .build(
                BuildRequest.train(Set.of(Head.EMBEDDING), Set.of("densenet"), 7, new Adam(1e-3)));
    ComputationGraph graph = new ComputationGraph(built.configuration());
    graph.init();
    BatchAssembler assembler = new BatchAssembler(built.outputs(), TrainingShards.CLASSES, 1);
    StageSettings stage = recipe.plan("contrast").settings();
    List<ExampleRef> examples = new ArrayList<>();
    for (IndexEntry entry : ShardSet.open(new Configuration(), shards).index()) {
      if (entry.split() == Split.TRAIN) {
        examples.add(
            new ExampleRef(
                entry.exampleId(),
                entry.file(),
                entry.rowGroup(),
                entry.row(),
                entry.targetClass()));
      }
    }
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      EpochPlan plan =
          new EpochPlanner(stage.sampler(), 1, stage.batchSize(), stage.averagingFrequency(), 8)
              .plan(examples, 7, "contrast", epoch);
      for (int round = 0; round < plan.rounds(); round++) {
        for (List<ExampleRef> batch : plan.batches(round, 0)) {
          List<Example> read =
              batch.stream()
                  .map(ref -> Integer.parseInt(ref.exampleId().substring("example-".length())))
                  .map(i -> TrainingShards.example(i, Split.TRAIN, 64, 64))
                  .toList();
          ExampleKeys.assign(
              graph,
              batch.stream().mapToLong(ref -> WorkerReport.idHash(ref.exampleId())).toArray());
          graph.fit(assembler.assemble(read));
        }
      }
      graph.incrementEpochCount();
    }

    assertThat(ParametersHash.sha256(trained.tensors()))
        .isEqualTo(ParametersHash.sha256(graph, built.names()));
    assertThat(trained.updater())
        .isEqualTo(graph.getUpdater().getStateViewArray().data().asFloat());
    assertThat(trained.state().iteration()).isEqualTo(graph.getConfiguration().getIterationCount());
  }
}
