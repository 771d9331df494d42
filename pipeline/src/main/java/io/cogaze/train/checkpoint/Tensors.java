package io.cogaze.train.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.InputException;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.network.TensorNames;
import io.cogaze.run.Json;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tensors by canonical name, outside a network; as a file in the safetensors format. */
public final class Tensors implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The values of one tensor in C order. */
  record Tensor(List<Long> shape, float[] values) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  private final TreeMap<String, Tensor> byName;

  private Tensors(SortedMap<String, Tensor> byName) {
    this.byName = new TreeMap<>(byName);
  }

  /** No tensors. */
  public static Tensors none() {
    return new Tensors(new TreeMap<>());
  }

  /** Every tensor of a network. */
  public static Tensors of(ComputationGraph graph, TensorNames names) {
    Map<String, INDArray> table = graph.paramTable();
    TreeMap<String, Tensor> tensors = new TreeMap<>();
    for (TensorNames.Tensor tensor : names.tensors()) {
      tensors.put(
          tensor.name(),
          new Tensor(tensor.shape(), HostValues.floats(table.get(tensor.tableKey()))));
    }
    return new Tensors(tensors);
  }

  /** The names, sorted. */
  public List<String> names() {
    return List.copyOf(byName.keySet());
  }

  /** The tensors of a part: those whose name begins with the part's. */
  public Tensors part(String part) {
    TreeMap<String, Tensor> found = new TreeMap<>();
    byName.forEach(
        (name, tensor) -> {
          if (name.startsWith(part + ".")) {
            found.put(name, tensor);
          }
        });
    return new Tensors(found);
  }

  /** These and the others; where both have a name, the others'. */
  public Tensors with(Tensors others) {
    TreeMap<String, Tensor> all = new TreeMap<>(byName);
    all.putAll(others.byName);
    return new Tensors(all);
  }

  /** Whether there is no tensor. */
  public boolean isEmpty() {
    return byName.isEmpty();
  }

  /**
   * Copies tensors into a network. Errors: {@link InputException} when a name is missing here or
   * has another shape.
   *
   * @param wanted the tensors to copy
   */
  public void copyInto(ComputationGraph graph, List<TensorNames.Tensor> wanted) {
    Map<String, INDArray> table = graph.paramTable();
    for (TensorNames.Tensor tensor : wanted) {
      Tensor stored = byName.get(tensor.name());
      if (stored == null) {
        throw new InputException(
            "Cannot set tensor "
                + tensor.name()
                + ": the source does not have it. It was trained with another network");
      }
      if (!stored.shape().equals(tensor.shape())) {
        throw new InputException(
            "Cannot set tensor "
                + tensor.name()
                + " of shape "
                + tensor.shape()
                + ": the source has "
                + stored.shape()
                + ". It was trained with another network");
      }
      INDArray values = Nd4j.createFromArray(stored.values());
      table.get(tensor.tableKey()).assign(values.reshape('c', tensor.dimensions()));
    }
  }

  /** SHA-256 over names in sorted order, each with its values, little-endian. */
  public String sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Map.Entry<String, Tensor> entry : byName.entrySet()) {
        digest.update(entry.getKey().getBytes(StandardCharsets.UTF_8));
        digest.update(littleEndian(entry.getValue().values()));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /** The content of a safetensors file: header length, JSON header, values. */
  public byte[] bytes() {
    TreeMap<String, Object> header = new TreeMap<>();
    long at = 0;
    for (Map.Entry<String, Tensor> entry : byName.entrySet()) {
      TreeMap<String, Object> description = new TreeMap<>();
      long end = at + (long) Float.BYTES * entry.getValue().values().length;
      description.put("dtype", "F32");
      description.put("shape", entry.getValue().shape());
      description.put("data_offsets", List.of(at, end));
      header.put(entry.getKey(), description);
      at = end;
    }
    byte[] json = Json.bytes(header);
    int padding = (8 - json.length % 8) % 8;
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.toIntExact(8 + json.length + padding + at))
            .order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(json.length + padding).put(json);
    for (int i = 0; i < padding; i++) {
      buffer.put((byte) ' ');
    }
    for (Tensor tensor : byName.values()) {
      buffer.put(littleEndian(tensor.values()));
    }
    return buffer.array();
  }

  /** Reads what {@link #bytes} wrote. */
  public static Tensors ofBytes(byte[] file) {
    ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    byte[] json = new byte[Math.toIntExact(buffer.getLong())];
    buffer.get(json);
    JsonNode header = Json.parse(json);
    TreeMap<String, Tensor> tensors = new TreeMap<>();
    header
        .fields()
        .forEachRemaining(
            field -> {
              List<Long> shape = new ArrayList<>();
              field.getValue().path("shape").forEach(size -> shape.add(size.asLong()));
              long from = field.getValue().path("data_offsets").path(0).asLong();
              long to = field.getValue().path("data_offsets").path(1).asLong();
              float[] values = new float[Math.toIntExact((to - from) / Float.BYTES)];
              ByteBuffer data = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
              data.position(Math.toIntExact(8 + json.length + from));
              data.asFloatBuffer().get(values);
              tensors.put(field.getKey(), new Tensor(List.copyOf(shape), values));
            });
    return new Tensors(tensors);
  }

  private static byte[] littleEndian(float[] values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return buffer.array();
  }
}
