package io.cogaze.dicom;

import io.cogaze.dicom.DicomException.Reason;
import java.util.Arrays;

/**
 * The sequential DCT process with Huffman coding for one component of 8 or 12 bits (ISO/IEC 10918-1
 * annexes B, F and A.3.3). It exists for the 12-bit extended process, which no Image I/O plug-in
 * decodes. The inverse transform is done in float64.
 */
final class ExtendedJpeg {
  private static final int BLOCK = 64;

  /** Natural position of the coefficient at each place of the zigzag order (figure A.6). */
  private static final int[] ZIGZAG = {
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63
  };

  /** COSINES[x * 8 + u] = C(u) / 2 * cos((2x + 1) u pi / 16). */
  private static final double[] COSINES = cosines();

  private final byte[] frame;
  private final int rows;
  private final int columns;
  private final int[][] quantisation = new int[4][];
  private final HuffmanTable[] dcTables = new HuffmanTable[4];
  private final HuffmanTable[] acTables = new HuffmanTable[4];
  private int precision;
  private int quantisationOfFrame = -1;
  private int restartInterval;
  private int position;
  private int bitBuffer;
  private int bitCount;

  private ExtendedJpeg(byte[] frame, int rows, int columns) {
    this.frame = frame;
    this.rows = rows;
    this.columns = columns;
  }

  /**
   * The samples, shape [rows * columns]. The caller has compared the frame header with the size.
   * Errors: {@link DicomException}.
   */
  static int[] decode(byte[] frame, int rows, int columns) throws DicomException {
    return new ExtendedJpeg(frame, rows, columns).decode();
  }

  private int[] decode() throws DicomException {
    position = 2;
    while (true) {
      require(4);
      if (unsigned(position) != 0xFF) {
        throw corrupt("there is no marker at byte " + position);
      }
      int marker = unsigned(position + 1);
      if (marker == 0xFF) {
        position++;
        continue;
      }
      int length = word(position + 2);
      int start = position + 4;
      if (length < 2) {
        throw corrupt("a segment at byte " + position + " has length " + length);
      }
      require(2 + length);
      int end = position + 2 + length;
      position = end;
      switch (marker) {
        case 0xC0, 0xC1 -> readFrameHeader(start, end);
        case 0xC4 -> readHuffmanTables(start, end);
        case 0xDB -> readQuantisation(start, end);
        case 0xDD -> restartInterval = word(checked(start, end, 2));
        case 0xDA -> {
          return readScan(start, end);
        }
        case 0xD9 -> throw corrupt("it ends before its scan");
        default -> {
          // Application data and comments say nothing about the samples.
        }
      }
    }
  }

  private void readFrameHeader(int start, int end) throws DicomException {
    checked(start, end, 9);
    precision = unsigned(start);
    quantisationOfFrame = unsigned(start + 8);
    if ((precision != 8 && precision != 12) || quantisationOfFrame > 3) {
      throw corrupt("precision " + precision + ", quantisation table " + quantisationOfFrame);
    }
  }

  private void readQuantisation(int start, int end) throws DicomException {
    int at = start;
    while (at < end) {
      int kind = unsigned(at++);
      int bytes = kind >> 4 == 0 ? 1 : 2;
      if ((kind & 15) > 3) {
        throw corrupt("quantisation table " + (kind & 15));
      }
      checked(at, end, bytes * BLOCK);
      int[] table = new int[BLOCK];
      for (int i = 0; i < BLOCK; i++) {
        table[i] = bytes == 1 ? unsigned(at + i) : word(at + 2 * i);
      }
      quantisation[kind & 15] = table;
      at += bytes * BLOCK;
    }
  }

  private void readHuffmanTables(int start, int end) throws DicomException {
    int at = start;
    while (at < end) {
      checked(at, end, 17);
      int kind = unsigned(at);
      if (kind >> 4 > 1 || (kind & 15) > 3) {
        throw corrupt("Huffman table of kind " + kind);
      }
      int[] counts = new int[17];
      int total = 0;
      for (int i = 1; i <= 16; i++) {
        counts[i] = unsigned(at + i);
        total += counts[i];
      }
      checked(at + 17, end, total);
      (kind >> 4 == 0 ? dcTables : acTables)[kind & 15] =
          new HuffmanTable(counts, Arrays.copyOfRange(frame, at + 17, at + 17 + total));
      at += 17 + total;
    }
  }

  private int[] readScan(int start, int end) throws DicomException {
    checked(start, end, 6);
    HuffmanTable dc = dcTables[(unsigned(start + 2) >> 4) & 3];
    HuffmanTable ac = acTables[unsigned(start + 2) & 3];
    int[] quantisers = quantisationOfFrame < 0 ? null : quantisation[quantisationOfFrame];
    if (unsigned(start) != 1 || dc == null || ac == null || quantisers == null) {
      throw corrupt("its scan has several components or lacks a table");
    }
    int blockColumns = (columns + 7) / 8;
    int blockRows = (rows + 7) / 8;
    // A block takes two bits at least: what cannot reach the pixels is not allocated.
    if ((long) blockColumns * blockRows > 4L * (frame.length - position)) {
      throw truncated();
    }
    int[] samples = new int[rows * columns];
    int[] coefficients = new int[BLOCK];
    double[] block = new double[BLOCK];
    int predictor = 0;
    int done = 0;
    for (int by = 0; by < blockRows; by++) {
      for (int bx = 0; bx < blockColumns; bx++) {
        if (restartInterval > 0 && done > 0 && done % restartInterval == 0) {
          restart();
          predictor = 0;
        }
        Arrays.fill(coefficients, 0);
        predictor += difference(decode(dc));
        coefficients[0] = predictor * quantisers[0];
        readBlock(ac, quantisers, coefficients);
        invert(coefficients, block);
        store(block, by, bx, samples);
        done++;
      }
    }
    return samples;
  }

  private void readBlock(HuffmanTable ac, int[] quantisers, int[] coefficients)
      throws DicomException {
    int k = 1;
    while (k < BLOCK) {
      int symbol = decode(ac);
      int run = symbol >> 4;
      int size = symbol & 15;
      if (size == 0) {
        if (run != 15) {
          return;
        }
        k += 16;
        continue;
      }
      k += run;
      if (k >= BLOCK) {
        throw corrupt("a block has more than " + BLOCK + " coefficients");
      }
      coefficients[ZIGZAG[k]] = difference(size) * quantisers[k];
      k++;
    }
  }

  private void store(double[] block, int by, int bx, int[] samples) {
    int middle = 1 << (precision - 1);
    int largest = (1 << precision) - 1;
    int height = Math.min(8, rows - 8 * by);
    int width = Math.min(8, columns - 8 * bx);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        long value = Math.round(block[y * 8 + x]) + middle;
        samples[(8 * by + y) * columns + 8 * bx + x] = (int) Math.max(0, Math.min(largest, value));
      }
    }
  }

  /** The inverse transform, columns first. */
  private static void invert(int[] coefficients, double[] block) {
    double[] half = new double[BLOCK];
    for (int v = 0; v < 8; v++) {
      for (int x = 0; x < 8; x++) {
        double sum = 0;
        for (int u = 0; u < 8; u++) {
          sum += COSINES[x * 8 + u] * coefficients[v * 8 + u];
        }
        half[v * 8 + x] = sum;
      }
    }
    for (int y = 0; y < 8; y++) {
      for (int x = 0; x < 8; x++) {
        double sum = 0;
        for (int v = 0; v < 8; v++) {
          sum += COSINES[y * 8 + v] * half[v * 8 + x];
        }
        block[y * 8 + x] = sum;
      }
    }
  }

  private static double[] cosines() {
    double[] table = new double[BLOCK];
    for (int x = 0; x < 8; x++) {
      for (int u = 0; u < 8; u++) {
        double scale = u == 0 ? Math.sqrt(0.5) / 2 : 0.5;
        table[x * 8 + u] = scale * StrictMath.cos((2 * x + 1) * u * Math.PI / 16);
      }
    }
    return table;
  }

  /** Reads a number of a size category (F.2.2.1). */
  private int difference(int size) throws DicomException {
    if (size == 0) {
      return 0;
    }
    if (size > 16) {
      throw corrupt("a difference of " + size + " bits");
    }
    int value = 0;
    for (int i = 0; i < size; i++) {
      value = (value << 1) | bit();
    }
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  private int decode(HuffmanTable table) throws DicomException {
    int code = 0;
    for (int length = 1; length <= 16; length++) {
      code = (code << 1) | bit();
      int symbol = table.symbol(code, length);
      if (symbol >= 0) {
        return symbol;
      }
    }
    throw corrupt("there is no such Huffman code before byte " + position);
  }

  private int bit() throws DicomException {
    if (bitCount == 0) {
      if (position >= frame.length) {
        throw truncated();
      }
      bitBuffer = unsigned(position++);
      if (bitBuffer == 0xFF) {
        if (position >= frame.length || unsigned(position) != 0) {
          throw truncated();
        }
        position++;
      }
      bitCount = 8;
    }
    return (bitBuffer >> --bitCount) & 1;
  }

  private void restart() throws DicomException {
    bitCount = 0;
    while (position + 1 < frame.length
        && unsigned(position) == 0xFF
        && unsigned(position + 1) == 0xFF) {
      position++;
    }
    require(2);
    if (unsigned(position) != 0xFF || (unsigned(position + 1) & 0xF8) != 0xD0) {
      throw corrupt("there is no restart marker at byte " + position);
    }
    position += 2;
  }

  private int checked(int start, int end, int length) throws DicomException {
    if (end - start < length) {
      throw corrupt("a segment before byte " + end + " is too short");
    }
    return start;
  }

  private void require(int length) throws DicomException {
    if (frame.length - position < length) {
      throw truncated();
    }
  }

  private int unsigned(int at) {
    return frame[at] & 0xFF;
  }

  private int word(int at) {
    return (unsigned(at) << 8) | unsigned(at + 1);
  }

  private DicomException truncated() {
    return new DicomException(
        Reason.TRUNCATED,
        "The JPEG frame is truncated: its "
            + frame.length
            + " bytes end before its "
            + rows
            + " rows x "
            + columns
            + " columns");
  }

  private static DicomException corrupt(String problem) {
    return new DicomException(Reason.CORRUPT, "The JPEG frame is damaged: " + problem);
  }

  /** Codes of each length are consecutive (annex C). */
  private static final class HuffmanTable {
    private final int[] firstCode = new int[17];
    private final int[] firstIndex = new int[17];
    private final int[] counts;
    private final byte[] symbols;

    HuffmanTable(int[] counts, byte[] symbols) {
      this.counts = counts;
      this.symbols = symbols;
      int code = 0;
      int index = 0;
      for (int length = 1; length <= 16; length++) {
        firstCode[length] = code;
        firstIndex[length] = index;
        code = (code + counts[length]) << 1;
        index += counts[length];
      }
    }

    /** The symbol of a code of a length, or -1. */
    int symbol(int code, int length) {
      int offset = code - firstCode[length];
      return offset >= 0 && offset < counts[length]
          ? symbols[firstIndex[length] + offset] & 0xFF
          : -1;
    }
  }
}
