package io.cogaze.jobs.bench;

import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.kernel.Arena;
import io.cogaze.nn.kernel.Engine;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.ExampleKeys;
import io.cogaze.nn.layer.InferenceGraph;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.memory.MemoryDemand;
import io.cogaze.nn.network.BuiltNetwork;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.NetworkSpec;
import io.cogaze.nn.network.Rehearsal;
import io.cogaze.nn.network.Turns;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/** CoGaze's own layers, built and stepped as training and evaluation do it. */
final class CogazeEngine implements StepEngine {
  private static final double LEARNING_RATE = 1e-4;
  private static final long SEED = 1;

  private final StageNetwork network;

  /** What takes the step: the network itself, or its {@link InferenceGraph}. */
  private final ComputationGraph graph;

  private final MultiDataSet batch;
  private final Order order;

  private CogazeEngine(StageNetwork network, MultiDataSet batch, Order order) {
    this.network = network;
    if (order.phase() == Phase.TRAIN) {
      this.graph = network.graph();
    } else {
      this.graph = Turns.ready(() -> InferenceGraph.of(network.graph()));
      network.graph().close();
    }
    this.batch = batch;
    this.order = order;
  }

  static CogazeEngine prepare(Order order) {
    NativeLibrary.threads(order.threads());
    BenchCase subject = order.subject();
    NetworkSize size = subject.network();
    NetworkSpec spec = size.spec(subject.height(), subject.width());
    List<String> learning = new ArrayList<>();
    if (order.phase() == Phase.TRAIN) {
      learning.addAll(size.parts(spec));
    }
    for (String part : order.frozen()) {
      if (!learning.remove(part)) {
        throw new ConfigurationException(
            "Cannot freeze '"
                + part
                + "' of "
                + size.name()
                + ": its parts that learn are "
                + learning
                + ".");
      }
    }
    List<String> classes = new ArrayList<>();
    for (int c = 0; c < size.classes(); c++) {
      classes.add("class " + c);
    }
    StageDefinition definition =
        new StageDefinition(
            "benchmark",
            "benchmark",
            spec,
            size.heads(),
            learning,
            new UpdaterSettings(UpdaterSettings.Kind.ADAM, LEARNING_RATE),
            TripletOptions.defaults(),
            classes,
            1,
            SEED,
            order.threads());
    int trained = order.phase() == Phase.TRAIN ? subject.batch() : 0;
    if (order.phase() == Phase.INFERENCE) {
      Rehearsal.start();
      Arena.expect(inference(definition.build(LEARNING_RATE), order).live());
    }
    StageNetwork network = StageNetwork.initialise(definition, LEARNING_RATE, trained);
    ExampleKeys.assign(network.graph(), LongStream.rangeClosed(1, subject.batch()).toArray());
    List<INDArray> labels = new ArrayList<>();
    for (Head head : network.heads()) {
      labels.add(head == Head.SALIENCY ? Batches.saliency(subject) : Batches.classes(subject));
    }
    return new CogazeEngine(
        network, Batches.of(Batches.image(subject), labels, subject.batch()), order);
  }

  @Override
  public long parameters() {
    return network.built().names().parameterCount();
  }

  @Override
  public MemoryDemand demand() {
    BenchCase subject = order.subject();
    return order.phase() == Phase.TRAIN
        ? MemoryDemand.training(
            network.built(), subject.height(), subject.width(), subject.batch(), order.threads())
        : inference(network.built(), order);
  }

  private static MemoryDemand inference(BuiltNetwork network, Order order) {
    BenchCase subject = order.subject();
    return MemoryDemand.inference(
        network, subject.height(), subject.width(), subject.batch(), order.threads());
  }

  @Override
  public String description() {
    return Engine.description();
  }

  @Override
  public double step() {
    if (order.phase() == Phase.TRAIN) {
      Turns.fit(graph, batch);
      return graph.score();
    }
    INDArray[] outputs = Turns.output(graph, batch.getFeatures());
    double sum = 0;
    for (int head = 0; head < outputs.length; head++) {
      if (network.heads().get(head) != Head.SALIENCY) {
        for (float value : HostValues.floats(outputs[head])) {
          sum += value;
        }
      }
    }
    return sum;
  }
}
