package io.cogaze.weights;

import io.cogaze.nn.block.TensorNames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * The identity of a trained network: SHA-256 over its tensors in the order of their canonical
 * names. For each one: the name in UTF-8 and a zero byte, the number of axes and each side as
 * 64-bit, the values as float32; numbers little-endian. Running statistics are included.
 */
public final class ParametersHash {
  private ParametersHash() {}

  /** The hash of a graph's tensors, 64 hexadecimal digits. */
  public static String sha256(ComputationGraph graph, TensorNames names) {
    return sha256(TensorStore.read(graph, names));
  }

  /** The hash of tensors, 64 hexadecimal digits; notes are not part of it. */
  public static String sha256(Tensors tensors) {
    MessageDigest digest = digest();
    for (Map.Entry<String, Tensors.Tensor> entry : tensors.values().entrySet()) {
      digest.update(entry.getKey().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      long[] shape = entry.getValue().shape();
      ByteBuffer sides = buffer(8 * (shape.length + 1)).putLong(shape.length);
      for (long side : shape) {
        sides.putLong(side);
      }
      digest.update(sides.flip());
      float[] data = entry.getValue().data();
      ByteBuffer values = buffer(Math.multiplyExact(4, data.length));
      values.asFloatBuffer().put(data);
      digest.update(values);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
