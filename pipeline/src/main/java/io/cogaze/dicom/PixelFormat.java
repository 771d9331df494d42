package io.cogaze.dicom;

/**
 * How grey samples are stored (DICOM PS3.3 C.7.6.3).
 *
 * @param rows height in pixels, 1 to 65535
 * @param columns width in pixels, 1 to 65535
 * @param bitsAllocated 8 or 16 bits a sample in the file
 * @param bitsStored bits that carry the value, 1 to bitsAllocated
 * @param highBit position of the most significant bit of the value, bitsStored - 1 as a rule
 * @param signed whether the value is a two's complement number
 */
public record PixelFormat(
    int rows,
    int columns,
    int bitsAllocated,
    int bitsStored,
    int highBit,
    boolean signed,
    Photometric photometric) {

  /** Errors: {@link IllegalArgumentException} that names the value out of range. */
  public PixelFormat {
    requireRange("rows", rows, 1, 0xFFFF);
    requireRange("columns", columns, 1, 0xFFFF);
    if (bitsAllocated != 8 && bitsAllocated != 16) {
      throw new IllegalArgumentException("bits allocated is " + bitsAllocated + ", not 8 or 16");
    }
    requireRange("bits stored", bitsStored, 1, bitsAllocated);
    requireRange("high bit", highBit, bitsStored - 1, bitsAllocated - 1);
  }

  /** The usual format of a radiograph: 16 bits allocated, unsigned. */
  public static PixelFormat unsigned16(
      int rows, int columns, int bitsStored, Photometric photometric) {
    return new PixelFormat(rows, columns, 16, bitsStored, bitsStored - 1, false, photometric);
  }

  /** Number of pixels. Errors: {@link ArithmeticException} above 2^31 - 1. */
  public int pixels() {
    return Math.multiplyExact(rows, columns);
  }

  /** Smallest value that can be stored. */
  public int smallest() {
    return signed ? -(1 << (bitsStored - 1)) : 0;
  }

  /** Largest value that can be stored. */
  public int largest() {
    return signed ? (1 << (bitsStored - 1)) - 1 : (1 << bitsStored) - 1;
  }

  /** The value in a raw word of the file: other bits than the stored ones are cut off. */
  int valueOf(int word) {
    return extend(word >> (highBit + 1 - bitsStored));
  }

  /** The value in the low bits of a word: higher bits are cut off, the sign is extended. */
  int extend(int word) {
    int shift = 32 - bitsStored;
    return signed ? (word << shift) >> shift : (word << shift) >>> shift;
  }

  private static void requireRange(String name, int value, int low, int high) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          name + " is " + value + ", not within " + low + " to " + high);
    }
  }
}
