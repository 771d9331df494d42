package io.cogaze.train.event;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Protocol Buffers' wire format, as far as events need it; fields in the order of the calls. */
final class ProtobufMessage {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int DELIMITED = 2;
  private static final int FIXED_32 = 5;
  private static final int TYPE_BITS = 3;
  private static final int VARINT_BITS = 7;
  private static final int VARINT_MASK = (1 << VARINT_BITS) - 1;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A field of type int64 or of an enumeration. */
  ProtobufMessage integer(int field, long value) {
    key(field, VARINT);
    varint(value);
    return this;
  }

  /** A field of type double. */
  ProtobufMessage float64(int field, double value) {
    key(field, FIXED_64);
    littleEndian(Double.doubleToLongBits(value), Double.BYTES);
    return this;
  }

  /** A field of type float. */
  ProtobufMessage float32(int field, float value) {
    key(field, FIXED_32);
    littleEndian(Float.floatToIntBits(value), Float.BYTES);
    return this;
  }

  /** A field of type string. */
  ProtobufMessage text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  /** A field that is a message itself. */
  ProtobufMessage message(int field, ProtobufMessage value) {
    return bytes(field, value.bytes());
  }

  /** The message. */
  byte[] bytes() {
    return out.toByteArray();
  }

  private ProtobufMessage bytes(int field, byte[] value) {
    key(field, DELIMITED);
    varint(value.length);
    out.write(value, 0, value.length);
    return this;
  }

  private void key(int field, int type) {
    varint(((long) field << TYPE_BITS) | type);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~VARINT_MASK) != 0) {
      out.write((int) (rest & VARINT_MASK) | (1 << VARINT_BITS));
      rest >>>= VARINT_BITS;
    }
    out.write((int) rest);
  }

  private void littleEndian(long bits, int count) {
    for (int i = 0; i < count; i++) {
      out.write((int) (bits >>> (Byte.SIZE * i)));
    }
  }
}
