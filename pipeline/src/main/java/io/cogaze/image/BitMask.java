package io.cogaze.image;

/**
 * A mask of one bit a pixel.
 *
 * @param bits row-major, 8 pixels a byte, most significant bit first, each row padded to a byte
 *     with zero bits; not copied
 */
public record BitMask(int width, int height, byte[] bits) {

  /** Says which pixels are inside. */
  @FunctionalInterface
  public interface Inside {
    /** Whether the pixel at x (to the right) and y (down) is inside. */
    boolean test(int x, int y);
  }

  /** Errors: {@link IllegalArgumentException} if the bytes do not fit the size. */
  public BitMask {
    if (width < 1 || height < 1 || (long) rowBytes(width) * height != bits.length) {
      throw new IllegalArgumentException(
          "A mask "
              + width
              + " wide and "
              + height
              + " high cannot have "
              + bits.length
              + " bytes");
    }
  }

  /** The mask of the pixels that pass a test. */
  public static BitMask of(int width, int height, Inside inside) {
    int rowBytes = rowBytes(width);
    byte[] bits = new byte[Math.multiplyExact(rowBytes, height)];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if (inside.test(x, y)) {
          bits[y * rowBytes + (x >> 3)] |= (byte) (0x80 >> (x & 7));
        }
      }
    }
    return new BitMask(width, height, bits);
  }

  /** Whether a pixel is inside the mask. */
  public boolean at(int x, int y) {
    return (bits[y * rowBytes(width) + (x >> 3)] & (0x80 >> (x & 7))) != 0;
  }

  /** Number of pixels inside the mask. */
  public long count() {
    long count = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        count += at(x, y) ? 1 : 0;
      }
    }
    return count;
  }

  /** Bytes of one row. */
  static int rowBytes(int width) {
    return (width + 7) >> 3;
  }
}
