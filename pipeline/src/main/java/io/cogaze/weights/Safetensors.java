package io.cogaze.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The safetensors file format: 8 bytes little-endian length of the header, the header in JSON (name
 * to dtype, shape and begin and end offsets of the data), then the data, little-endian, C order.
 * Written: F32, names sorted, header padded with spaces to a multiple of 8; the same tensors give
 * the same bytes. Read: F32, F64, F16 and BF16 become float32; integers (step counters) are left
 * out.
 */
public final class Safetensors {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String METADATA = "__metadata__";
  private static final int MAX_HEADER = 100_000_000;
  private static final int CHUNK = 1 << 16;

  private Safetensors() {}

  /** Writes all tensors; the stream stays open. */
  public static void write(Tensors tensors, OutputStream out) {
    ObjectNode header = JSON.createObjectNode();
    if (!tensors.metadata().isEmpty()) {
      ObjectNode notes = header.putObject(METADATA);
      tensors.metadata().forEach(notes::put);
    }
    long offset = 0;
    for (Map.Entry<String, Tensors.Tensor> entry : tensors.values().entrySet()) {
      ObjectNode node = header.putObject(entry.getKey());
      node.put("dtype", "F32");
      Arrays.stream(entry.getValue().shape()).forEach(node.putArray("shape")::add);
      long end = offset + 4L * entry.getValue().data().length;
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    try {
      byte[] text = JSON.writeValueAsBytes(header);
      int length = (text.length + 7) / 8 * 8;
      ByteBuffer head = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
      head.putLong(length).put(text);
      while (head.hasRemaining()) {
        head.put((byte) ' ');
      }
      out.write(head.array());
      for (Tensors.Tensor tensor : tensors.values().values()) {
        writeValues(tensor.data(), out);
      }
      out.flush();
    } catch (IOException e) {
      throw new RunException("Could not write tensors: " + e.getMessage(), e);
    }
  }

  private static void writeValues(float[] values, OutputStream out) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(4 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += CHUNK) {
      int count = Math.min(CHUNK, values.length - from);
      buffer.clear();
      buffer.asFloatBuffer().put(values, from, count);
      out.write(buffer.array(), 0, 4 * count);
    }
  }

  /**
   * Reads all tensors.
   *
   * @param source what the stream is, for messages
   * @throws InputException when the bytes are not a whole safetensors file
   */
  public static Tensors read(InputStream stream, String source) {
    DataInputStream in = new DataInputStream(stream);
    try {
      long length = Long.reverseBytes(in.readLong());
      if (length < 2 || length > MAX_HEADER) {
        throw broken(source, "its header claims to be " + length + " bytes long", null);
      }
      JsonNode header =
          JSON.readTree(new String(in.readNBytes((int) length), StandardCharsets.UTF_8));
      if (header == null || !header.isObject()) {
        throw broken(source, "its header is not a JSON object", null);
      }
      return readTensors(header, in, source);
    } catch (EOFException e) {
      throw broken(source, "it ends too early", e);
    } catch (JsonProcessingException e) {
      throw broken(source, "its header is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new InputException("Could not read " + source + ": " + e.getMessage(), e);
    }
  }

  private static Tensors readTensors(JsonNode header, DataInputStream in, String source)
      throws IOException {
    SortedMap<String, String> metadata = new TreeMap<>();
    TreeMap<Long, String> byOffset = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (entry.getKey().equals(METADATA)) {
        entry.getValue().properties().forEach(n -> metadata.put(n.getKey(), n.getValue().asText()));
      } else if (entry.getValue().path("data_offsets").size() != 2) {
        throw broken(source, "tensor " + entry.getKey() + " has no data_offsets", null);
      } else {
        long begin = entry.getValue().path("data_offsets").get(0).asLong();
        long end = entry.getValue().path("data_offsets").get(1).asLong();
        // An empty tensor has no bytes, and is of no use here.
        if (begin != end && byOffset.put(begin, entry.getKey()) != null) {
          throw broken(source, "tensor " + entry.getKey() + " overlaps another", null);
        }
      }
    }
    SortedMap<String, Tensors.Tensor> values = new TreeMap<>();
    long position = 0;
    for (Map.Entry<Long, String> entry : byOffset.entrySet()) {
      JsonNode node = header.get(entry.getValue());
      long begin = node.path("data_offsets").get(0).asLong();
      long end = node.path("data_offsets").get(1).asLong();
      if (begin < position || end < begin || end - begin > Integer.MAX_VALUE - 8L) {
        throw broken(
            source,
            "tensor "
                + entry.getValue()
                + " lies at bytes "
                + begin
                + " to "
                + end
                + ", which overlaps another or is too long",
            null);
      }
      in.skipNBytes(begin - position);
      byte[] bytes = in.readNBytes((int) (end - begin));
      if (bytes.length != end - begin) {
        throw new EOFException();
      }
      position = end;
      Tensors.Tensor tensor = decode(node, bytes, entry.getValue(), source);
      if (tensor != null) {
        values.put(entry.getValue(), tensor);
      }
    }
    return new Tensors(values, metadata);
  }

  private static Tensors.Tensor decode(JsonNode node, byte[] bytes, String name, String source) {
    long[] shape = new long[node.path("shape").size()];
    long size = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = node.get("shape").get(i).asLong(-1);
      size = Math.multiplyExact(size, shape[i]);
    }
    String type = node.path("dtype").asText();
    int width =
        switch (type) {
          case "F64", "I64", "U64" -> 8;
          case "F32", "I32", "U32" -> 4;
          case "F16", "BF16", "I16", "U16" -> 2;
          case "I8", "U8", "BOOL" -> 1;
          default ->
              throw broken(source, "tensor " + name + " is of unknown type '" + type + "'", null);
        };
    if (size < 0 || size * width != bytes.length) {
      throw broken(
          source,
          "tensor "
              + name
              + " of shape "
              + Arrays.toString(shape)
              + " and type "
              + type
              + " has "
              + bytes.length
              + " bytes",
          null);
    }
    if (!type.contains("F")) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    float[] data = new float[(int) size];
    for (int i = 0; i < data.length; i++) {
      data[i] =
          switch (type) {
            case "F64" -> (float) buffer.getDouble();
            case "F32" -> buffer.getFloat();
            case "BF16" -> Float.intBitsToFloat(buffer.getShort() << 16);
            default -> half(buffer.getShort());
          };
    }
    return new Tensors.Tensor(shape, data);
  }

  /** IEEE 754 binary16 to binary32. */
  static float half(short bits) {
    int exponent = (bits >>> 10) & 0x1F;
    int fraction = bits & 0x3FF;
    float magnitude;
    if (exponent == 0) {
      magnitude = fraction * 0x1.0p-24f;
    } else if (exponent == 0x1F) {
      magnitude = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else {
      magnitude = Float.intBitsToFloat(((exponent + 112) << 23) | (fraction << 13));
    }
    return bits < 0 ? -magnitude : magnitude;
  }

  private static InputException broken(String source, String what, Throwable cause) {
    return new InputException(
        source
            + " is not a whole safetensors file: "
            + what
            + ". Write or download it again; a file of another format must be converted first",
        cause);
  }
}
