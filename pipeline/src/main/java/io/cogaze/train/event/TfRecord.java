package io.cogaze.train.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The framing of TensorFlow's record files (tensorflow/core/lib/io/record_writer.h): length of the
 * data (uint64), masked CRC32C of these eight bytes (uint32), the data, masked CRC32C of the data
 * (uint32); all little endian.
 */
final class TfRecord {
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int MASK_ROTATION = 15;

  private TfRecord() {}

  /** A record that holds the data. */
  static byte[] frame(byte[] data) {
    ByteBuffer record =
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES + data.length + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedCrc(record.array(), Long.BYTES));
    record.put(data);
    record.putInt(maskedCrc(data, data.length));
    return record.array();
  }

  /** CRC32C (Castagnoli) of the first bytes. */
  static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  /**
   * The CRC as records hold it: turned right by 15 bits, plus a constant, so that the CRC of data
   * that hold CRCs stays a good one.
   */
  static int maskedCrc(byte[] bytes, int length) {
    return Integer.rotateRight(crc(bytes, length), MASK_ROTATION) + MASK_DELTA;
  }
}
