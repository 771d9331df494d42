package io.cogaze.train.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The framing of TensorFlow's record files (tensorflow/core/lib/io/record_writer.h): length of the
 * data (uint64), masked CRC32C of these eight bytes (uint32), the data, masked CRC32C of the data
 * (uint32); all little endian.
 */
final class TfRecord {
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int HEADER = Long.BYTES + Integer.BYTES;
  private static final int OVERHEAD = HEADER + Integer.BYTES;
  private static final int MASK_ROTATION = 15;

  private TfRecord() {}

  /** A record that holds the data. */
  static byte[] frame(byte[] data) {
    ByteBuffer record = ByteBuffer.allocate(OVERHEAD + data.length).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedCrc(record.array(), Long.BYTES));
    record.put(data);
    record.putInt(maskedCrc(data, data.length));
    return record.array();
  }

  /** Whether a file consists of whole records with the CRCs that they should have. */
  static boolean areWhole(byte[] file) {
    ByteBuffer rest = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    while (rest.hasRemaining()) {
      if (rest.remaining() < OVERHEAD) {
        return false;
      }
      int start = rest.position();
      long length = rest.getLong(start);
      if (length < 0 || length > rest.remaining() - OVERHEAD) {
        return false;
      }
      byte[] record = new byte[OVERHEAD + (int) length];
      rest.get(record);
      byte[] data = Arrays.copyOfRange(record, HEADER, HEADER + (int) length);
      if (!Arrays.equals(record, frame(data))) {
        return false;
      }
    }
    return true;
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
