package io.cogaze.nn.kernel;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Parts of native memory that another pointer owns, who must outlive them. JavaCPP's own way to a
 * place within a pointer means something else in each of the releases that the builds use.
 */
public final class NativeMemory {
  private NativeMemory() {}

  /**
   * Bytes [from, from + length) behind the beginning of a pointer's memory, in the machine's order.
   */
  public static ByteBuffer bytes(Pointer owner, long from, int length) {
    return new Bytes(owner.address() + from, length).asByteBuffer();
  }

  /** Values [from, from + length) behind the beginning of a pointer's memory. */
  public static FloatPointer floats(Pointer owner, long from, long length) {
    return new Floats(owner.address() + from * Float.BYTES, length);
  }

  private static final class Bytes extends BytePointer {
    Bytes(long address, long length) {
      super((Pointer) null);
      this.address = address;
      this.limit = length;
      this.capacity = length;
    }
  }

  private static final class Floats extends FloatPointer {
    Floats(long address, long length) {
      super((Pointer) null);
      this.address = address;
      this.limit = length;
      this.capacity = length;
    }
  }
}
