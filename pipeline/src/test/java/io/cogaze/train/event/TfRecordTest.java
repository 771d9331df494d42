package io.cogaze.train.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TfRecordTest {
  @Test
  void theCrcIsCastagnolis() {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertThat(TfRecord.crc(digits, digits.length)).isEqualTo(0xe3069283);
  }

  /** The vectors of RFC 3720, appendix B.4. */
  @ParameterizedTest(name = "32 bytes of {0}")
  @CsvSource({"0, 8a9136aa", "255, 62a8ab43"})
  void theCrcOfThe32BytesOfIscsi(int value, String expected) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) value);
    assertThat(Integer.toHexString(TfRecord.crc(bytes, bytes.length))).isEqualTo(expected);
  }

  @Test
  void theMaskTurnsTheCrcAndAddsAConstant() {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    // 0xe3069283 turned right by 15 is 0x2507c60d; plus 0xa282ead8 is 0xc78ab0e5.
    assertThat(Integer.toHexString(TfRecord.maskedCrc(digits, digits.length)))
        .isEqualTo("c78ab0e5");
  }

  @Test
  void aRecordHasLengthAndDataEachWithItsCrc() {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertThat(HexFormat.of().formatHex(TfRecord.frame(digits)))
        .startsWith("0900000000000000")
        .endsWith("313233343536373839" + "e5b08ac7")
        .hasSize(2 * (8 + 4 + 9 + 4));
    byte[] length = HexFormat.of().parseHex("0900000000000000");
    assertThat(HexFormat.of().formatHex(TfRecord.frame(digits), 8, 12))
        .isEqualTo(
            HexFormat.of()
                .toHexDigits(Integer.reverseBytes(TfRecord.maskedCrc(length, length.length))));
  }
}
