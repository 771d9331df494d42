package io.cogaze.train.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class EventFileTest {
  /** 1.5 seconds since 1970 as field 1, a double. */
  private static final String WALL = "09" + "000000000000f83f";

  @Test
  void aFileBeginsWithItsVersion() {
    assertThat(messages(new EventFile(1500)))
        .containsExactly(WALL + "1a0d" + "627261696e2e4576656e743a32");
  }

  @Test
  void scalarsAreASummaryOfTagsAndFloats() {
    EventFile file = new EventFile(1500);
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("a/b", 1.0);
    values.put("c", -2.5);
    file.scalars(1500, 300, values);
    assertThat(messages(file))
        .hasSize(2)
        .last()
        .isEqualTo(
            WALL
                + ("10" + "ac02") // step: 300 as a varint
                + ("2a" + "16") // summary of 22 bytes
                + ("0a" + "0a" + "0a03612f62" + "150000803f")
                + ("0a" + "08" + "0a0163" + "15000020c0"));
  }

  @Test
  void aSessionThatGoesOnSaysFromWhichStep() {
    EventFile file = new EventFile(1500);
    file.sessionStart(1500, 7);
    assertThat(messages(file)).last().isEqualTo(WALL + "1007" + "3a02" + "0801");
  }

  @Test
  void noValuesAreNoEvent() {
    EventFile file = new EventFile(1500);
    file.scalars(1500, 1, Map.of());
    assertThat(messages(file)).hasSize(1);
  }

  @Test
  void aPartOfARecordAndAChangedByteAreSeen() {
    EventFile file = new EventFile(1500);
    file.scalars(1500, 1, Map.of("a", 1.0));
    byte[] whole = file.bytes();
    assertThat(EventFile.isWhole(whole)).isTrue();
    assertThat(EventFile.isWhole(new byte[0])).isFalse();
    int first = new EventFile(1500).bytes().length;
    for (int length = first + 1; length < whole.length; length++) {
      assertThat(EventFile.isWhole(Arrays.copyOf(whole, length))).as("%d bytes", length).isFalse();
    }
    for (int at = 0; at < whole.length; at++) {
      byte[] changed = whole.clone();
      changed[at] ^= 0x10;
      assertThat(EventFile.isWhole(changed)).as("byte %d", at).isFalse();
    }
  }

  /** The messages of the records, in hexadecimal digits. */
  private static List<String> messages(EventFile file) {
    ByteBuffer bytes = ByteBuffer.wrap(file.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    List<String> messages = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] message = new byte[Math.toIntExact(bytes.getLong())];
      bytes.getInt();
      bytes.get(message);
      assertThat(bytes.getInt()).isEqualTo(TfRecord.maskedCrc(message, message.length));
      messages.add(HexFormat.of().formatHex(message));
    }
    return messages;
  }
}
