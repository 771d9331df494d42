package io.cogaze.train.checkpoint;

import io.cogaze.error.InputException;
import io.cogaze.nn.kernel.Arena;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.memory.MemoryDemand;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.BuiltNetwork;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.Network;
import io.cogaze.nn.network.NetworkSpec;
import io.cogaze.nn.network.Rehearsal;
import io.cogaze.nn.network.Turns;
import io.cogaze.nn.release.FlatVectors;
import io.cogaze.run.Manifest;
import io.cogaze.run.Provenance;
import io.cogaze.run.RunLayout;
import io.cogaze.weights.ParametersHash;
import io.cogaze.weights.TensorStore;
import io.cogaze.weights.Tensors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The best checkpoint of a finished stage, for inference. Send it to executors as {@link #toBytes}
 * (Kryo cannot read records).
 */
public final class TrainedStage {
  private final ModelDescription description;
  private final Tensors tensors;
  private final Provenance provenance;
  private final int epoch;

  private TrainedStage(
      ModelDescription description, Tensors tensors, Provenance provenance, int epoch) {
    this.description = description;
    this.tensors = tensors;
    this.provenance = provenance;
    this.epoch = epoch;
  }

  /**
   * A network in inference form.
   *
   * @param built names of its tensors and the heads in the order of the outputs
   * @param graph with the trained parameters
   */
  public record InferenceNetwork(BuiltNetwork built, ComputationGraph graph) {}

  /**
   * Loads a stage of a run. Errors: {@link InputException} when the stage is not finished or its
   * checkpoint is damaged.
   */
  public static TrainedStage load(FileSystem fs, RunLayout run, String stage) {
    Path folder = run.stage(stage).folder();
    Optional<Manifest> finished = Manifest.readIfPresent(fs, folder);
    if (finished.isEmpty()) {
      throw new InputException(
          "Cannot load stage '"
              + stage
              + "' of run "
              + run.root()
              + ": it has not been trained to its end. Run ./cogaze train --stages "
              + stage
              + " on this run folder first");
    }
    int epoch = finished.get().body().path("best_epoch").asInt();
    CheckpointStore.Content content = new CheckpointStore(fs, run.stage(stage)).read(epoch);
    return new TrainedStage(content.description(), content.tensors(), content.provenance(), epoch);
  }

  /** Name of the stage. */
  public String stage() {
    return description.stage();
  }

  /** The epoch of the checkpoint. */
  public int epoch() {
    return epoch;
  }

  /** What the tensors belong to. */
  public ModelDescription description() {
    return description;
  }

  /** Size of the network. */
  public NetworkSpec spec() {
    return description.spec();
  }

  /** Finding names in the order of the class outputs. */
  public List<String> targetClasses() {
    return description.targetClasses();
  }

  /** Factor between the shards' size and the network's input. */
  public int inputReduction() {
    return description.inputReduction();
  }

  /** Where the model comes from. */
  public Provenance provenance() {
    return provenance;
  }

  /** SHA-256 of the tensors. */
  public String parametersSha256() {
    return ParametersHash.sha256(tensors);
  }

  /** The tensors by canonical name. */
  public Tensors tensors() {
    return tensors;
  }

  /** The heads that the stage trained. */
  public Set<Head> trainedHeads() {
    Set<Head> heads = EnumSet.noneOf(Head.class);
    description.heads().forEach(head -> heads.add(Head.valueOf(head)));
    return heads;
  }

  /** Every head whose parts were all trained in this stage or carried over from earlier ones. */
  public Set<Head> availableHeads() {
    Set<Head> heads = EnumSet.noneOf(Head.class);
    Network network = spec().network();
    for (Head head : network.heads()) {
      boolean whole =
          network.parts(head).stream()
              .noneMatch(part -> Parts.of(tensors, part).values().isEmpty());
      if (whole) {
        heads.add(head);
      }
    }
    return heads;
  }

  /**
   * The network for some heads. Errors: {@link InputException} when the stage lacks tensors that
   * the heads need.
   *
   * @param batch examples that the calling thread will give it at a time: their memory is made
   *     ready meanwhile
   * @param threads native threads
   */
  public InferenceNetwork network(Set<Head> heads, int batch, int threads) {
    NativeLibrary.prepare();
    Rehearsal.start();
    BuiltNetwork built = spec().network().build(BuildRequest.inference(heads));
    Arena.expect(
        MemoryDemand.inference(built, spec().height(), spec().width(), batch, threads).live());
    long count = built.names().parameterCount() + built.names().statisticCount();
    return Turns.ready(
        () -> {
          ComputationGraph graph = new ComputationGraph(built.configuration());
          graph.init(FlatVectors.zeros(DataType.FLOAT, count), false);
          TensorStore.restore(graph, built.names(), tensors);
          return new InferenceNetwork(built, graph);
        });
  }

  /** This stage as bytes, whatever serialiser Spark is set to. */
  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(description.bytes());
      out.writeObject(CheckpointStore.bytes(tensors));
      out.writeObject(provenance.bytes());
      out.writeInt(epoch);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Reads what {@link #toBytes} wrote. */
  public static TrainedStage ofBytes(byte[] bytes) {
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      return new TrainedStage(
          ModelDescription.parse((byte[]) in.readObject(), "sent by the driver"),
          CheckpointStore.tensors((byte[]) in.readObject(), "sent by the driver"),
          Provenance.parse((byte[]) in.readObject()),
          in.readInt());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("byte[] is no class", e);
    }
  }
}
