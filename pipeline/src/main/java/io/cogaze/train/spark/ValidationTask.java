package io.cogaze.train.spark;

import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.ValidationRow;
import io.cogaze.train.step.Validator;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/** Validates one token's examples with a state; gives the rows as bytes. */
final class ValidationTask implements Function<String, byte[]> {
  private static final long serialVersionUID = 1L;

  private final String stageKey;
  private final Broadcast<byte[]> shipment;
  private final Broadcast<byte[][]> state;
  private final double learningRate;

  ValidationTask(
      String stageKey, Broadcast<byte[]> shipment, Broadcast<byte[][]> state, double learningRate) {
    this.stageKey = stageKey;
    this.shipment = shipment;
    this.state = state;
    this.learningRate = learningRate;
  }

  @Override
  public byte[] call(String text) {
    PlanToken token = PlanToken.decode(text);
    List<ValidationRow> rows =
        WorkerSlots.ofThisJvm()
            .run(stageKey, shipment.value(), learningRate, bench -> validate(token, bench));
    return Bytes.of(
        out -> {
          out.writeInt(rows.size());
          for (ValidationRow row : rows) {
            row.write(out);
          }
        });
  }

  private List<ValidationRow> validate(PlanToken token, WorkerSlots.Bench bench) {
    StageNetwork network = bench.worker().network();
    byte[][] slices = state.value();
    for (int slice = 0; slice < slices.length; slice++) {
      StateSlice.write(ByteBuffer.wrap(slices[slice]), slice, slices.length, network);
    }
    network.counters(0, 0);
    return new Validator(bench.worker())
        .validate(token, bench.cache().source(bench.shipment().shards()));
  }
}
