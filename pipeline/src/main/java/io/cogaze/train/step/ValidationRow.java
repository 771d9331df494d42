package io.cogaze.train.step;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * One example's validation.
 *
 * @param exampleId of the example
 * @param head index of the head in the order of the outputs
 * @param loss without the head's weight; for the embedding head the loss of the example's batch
 * @param target the true class, or -1 where it is unknown or the head has none
 * @param probabilities of the classes; empty for heads without classes
 */
public record ValidationRow(
    String exampleId, int head, double loss, int target, float[] probabilities) {

  /** Writes the row. */
  public void write(DataOutputStream out) throws IOException {
    out.writeUTF(exampleId);
    out.writeInt(head);
    out.writeDouble(loss);
    out.writeInt(target);
    out.writeInt(probabilities.length);
    for (float probability : probabilities) {
      out.writeFloat(probability);
    }
  }

  /** Reads what {@link #write} wrote. */
  public static ValidationRow read(DataInputStream in) throws IOException {
    String exampleId = in.readUTF();
    int head = in.readInt();
    double loss = in.readDouble();
    int target = in.readInt();
    float[] probabilities = new float[in.readInt()];
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = in.readFloat();
    }
    return new ValidationRow(exampleId, head, loss, target, probabilities);
  }
}
