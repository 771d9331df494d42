package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.ExampleKeys;
import io.cogaze.nn.loss.TripletOptions;
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
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.learning.config.Adam;

final class OneWorkerTest {
  private static final int EPOCHS = 2;

  @TempDir Path folder;

  static Stream<Arguments> stages() {
    Recipe joint = TestRecipes.joint(EPOCHS);
    return Stream.of(
        Arguments.of(
            TestRecipes.first(1, EPOCHS),
            BuildRequest.train(Set.of(Head.EMBEDDING), Set.of("densenet"), 7, new Adam(1e-3))),
        Arguments.of(
            joint,
            new BuildRequest(
                Set.of(Head.DENSENET_CLASS, Head.SALIENCY),
                Set.copyOf(joint.plan("joint").settings().trainable()),
                7,
                new Adam(1e-3),
                Map.of(Head.SALIENCY, 0.5),
                TripletOptions.defaults(),
                Set.of(Head.DENSENET_CLASS))));
  }

  @ParameterizedTest
  @MethodSource("stages")
  void oneWorkerIsComputationGraphFitOnTheSameBatchesBitForBit(Recipe recipe, BuildRequest request)
      throws IOException {
    String name = recipe.order().get(0);
    URI shards = TrainingShards.write(folder.resolve("shards"), 23, 6, 64, 64);
    org.apache.hadoop.fs.Path run = new org.apache.hadoop.fs.Path(folder.resolve("run").toUri());
    StageTrainer.train(
        TestSpark.session(),
        new TrainRequest(
            run, shards, recipe, TestRecipes.settings(1), List.of(), false, LockSettings.DEFAULT));
    CheckpointStore.Content trained =
        new CheckpointStore(
                FileSystem.getLocal(new Configuration()), new RunLayout(run).stage(name))
            .read(EPOCHS);

    NativeLibrary.threads(1);
    BuiltNetwork built =
        ModelDescription.spec(TestRecipes.NETWORK, 64, 64, 3).network().build(request);
    ComputationGraph graph = new ComputationGraph(built.configuration());
    graph.init();
    BatchAssembler assembler = new BatchAssembler(built.outputs(), TrainingShards.CLASSES, 1);
    StageSettings stage = recipe.plan(name).settings();
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
              .plan(examples, 7, name, epoch);
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
