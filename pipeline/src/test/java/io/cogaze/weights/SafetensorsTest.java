package io.cogaze.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.InputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  private static byte[] file(String header, byte... data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .put(data)
        .array();
  }

  private static Tensors read(byte[] bytes) {
    return Safetensors.read(new ByteArrayInputStream(bytes), "weights.safetensors");
  }

  private static byte[] write(Tensors tensors) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(tensors, out);
    return out.toByteArray();
  }

  private static Tensors random(long seed) {
    Random random = new Random(seed);
    TreeMap<String, Tensors.Tensor> values = new TreeMap<>();
    for (int i = 0; i < 1 + random.nextInt(6); i++) {
      long[] shape = random.longs(random.nextInt(4), 1, 60).toArray();
      int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      float[] data = new float[size];
      for (int j = 0; j < size; j++) {
        data[j] = (float) random.nextGaussian();
      }
      values.put("part.layer\u00e9" + i + ".weight", new Tensors.Tensor(shape, data));
    }
    return new Tensors(values, new TreeMap<>(Map.of("epoch", Long.toString(seed))));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatIsWrittenIsReadAgainAndWrittenTheSame(long seed) {
    Tensors tensors = random(seed);
    byte[] bytes = write(tensors);
    Tensors again = read(bytes);
    assertThat(again.metadata()).isEqualTo(tensors.metadata());
    assertThat(again.values().keySet()).isEqualTo(tensors.values().keySet());
    again
        .values()
        .forEach(
            (name, tensor) -> {
              assertThat(tensor.shape()).isEqualTo(tensors.get(name).shape());
              assertThat(tensor.data()).isEqualTo(tensors.get(name).data());
            });
    assertThat(write(again)).isEqualTo(bytes);
    assertThat(ParametersHash.sha256(again)).isEqualTo(ParametersHash.sha256(tensors));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyTruncationIsRefused(long seed) {
    byte[] bytes = write(random(seed));
    Random random = new Random(seed);
    for (int i = 0; i < 50; i++) {
      int length = random.nextInt(bytes.length);
      assertThatThrownBy(() -> read(Arrays.copyOf(bytes, length)))
          .as("first " + length + " of " + bytes.length + " bytes")
          .isInstanceOf(InputException.class)
          .hasMessageContaining("weights.safetensors is not a whole safetensors file: ");
    }
  }

  @Test
  void theHeaderIsPaddedSoThatDataAreAligned() {
    byte[] bytes = write(random(4));
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertThat(length % 8).isZero();
  }

  @Test
  void readsHalfPrecisionAndDoublesAndLeavesIntegersOut() {
    byte[] data = new byte[2 + 2 + 8 + 8];
    ByteBuffer.wrap(data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort((short) 0xC100)
        .putShort((short) 0x3FC0)
        .putDouble(0.1)
        .putLong(17);
    Tensors tensors =
        read(
            file(
                "{\"half\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]},"
                    + "\"brain\":{\"dtype\":\"BF16\",\"shape\":[1,1],\"data_offsets\":[2,4]},"
                    + "\"wide\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[4,12]},"
                    + "\"steps\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[12,20]}}",
                data));
    assertThat(tensors.values()).containsOnlyKeys("half", "brain", "wide");
    assertThat(tensors.get("half").data()).containsExactly(-2.5f);
    assertThat(tensors.get("brain").data()).containsExactly(1.5f);
    assertThat(tensors.get("wide").data()).containsExactly(0.1f);
    assertThatThrownBy(() -> tensors.get("steps"))
        .hasMessage("There is no tensor named steps; there are [brain, half, wide]");
  }

  @ParameterizedTest
  @CsvSource({
    "0x0000, 0.0",
    "0x8000, -0.0",
    "0x0001, 5.9604645E-8",
    "0x3C00, 1.0",
    "0x7BFF, 65504.0",
    "0x7C00, Infinity",
    "0xFC00, -Infinity",
    "0x7E00, NaN"
  })
  void halfPrecisionIsThatOfTheStandard(String bits, float expected) {
    assertThat(Float.valueOf(Safetensors.half(Integer.decode(bits).shortValue())))
        .isEqualTo(Float.valueOf(expected));
  }

  @Test
  void brokenFilesAreRefusedWithTheirFault() {
    assertThatThrownBy(() -> read(file("[1]")))
        .hasMessageContaining("its header is not a JSON object")
        .hasMessageContaining("Write or download it again");
    assertThatThrownBy(() -> read(file("{\"a\":"))).hasMessageContaining("its header is not JSON");
    assertThatThrownBy(() -> read(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}")))
        .hasMessageContaining("tensor a has no data_offsets");
    assertThatThrownBy(
            () ->
                read(
                    file(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
                        new byte[4])))
        .hasMessageContaining("tensor a of shape [2] and type F32 has 4 bytes");
    assertThatThrownBy(
            () ->
                read(
                    file(
                        "{\"a\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                        new byte[4])))
        .hasMessageContaining("tensor a is of unknown type 'Q4'");
    assertThatThrownBy(
            () ->
                read(
                    file(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}",
                        new byte[8])))
        .hasMessageContaining("overlaps another");
    assertThatThrownBy(() -> read(new byte[] {-1, -1, -1, -1, -1, -1, -1, 127}))
        .hasMessageContaining("its header claims to be");
  }

  @Test
  void theHashSeesNamesShapesAndEveryBit() {
    float[] data = {1, 2, 3, 4};
    String hash = hash("a", new long[] {4}, data);
    assertThat(hash).isEqualTo(hash("a", new long[] {4}, data.clone())).hasSize(64);
    assertThat(hash).isNotEqualTo(hash("b", new long[] {4}, data));
    assertThat(hash).isNotEqualTo(hash("a", new long[] {2, 2}, data));
    assertThat(hash)
        .isNotEqualTo(hash("a", new long[] {4}, new float[] {1, 2, 3, Math.nextUp(4f)}));
  }

  /** sha256sum of: 'a', 0, one axis, side 1, the float 1; all little-endian. */
  @Test
  void theHashIsThatOfTheDocumentedBytes() throws Exception {
    byte[] bytes =
        ByteBuffer.allocate(2 + 16 + 4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) 'a')
            .put((byte) 0)
            .putLong(1)
            .putLong(1)
            .putFloat(1)
            .array();
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
    assertThat(hash("a", new long[] {1}, new float[] {1}))
        .isEqualTo(HexFormat.of().formatHex(digest));
  }

  private static String hash(String name, long[] shape, float[] data) {
    return ParametersHash.sha256(
        Tensors.of(new TreeMap<>(Map.of(name, new Tensors.Tensor(shape, data)))));
  }
}
