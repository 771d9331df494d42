package io.cogaze.dicom;

import io.cogaze.dicom.DicomException.Reason;

/**
 * The RLE transfer syntax (DICOM PS3.5 annex G): a header of 16 little-endian words, the number of
 * segments and their offsets, then one PackBits segment for each byte of a sample, high byte first.
 */
final class RleFrame {
  private static final int HEADER = 64;

  private RleFrame() {}

  static short[] decode(byte[] frame, PixelFormat format) throws DicomException {
    int planes = format.bitsAllocated() / 8;
    if (frame.length < HEADER) {
      throw corrupt("its header has " + frame.length + " bytes instead of " + HEADER);
    }
    long segments = wordAt(frame, 0);
    if (segments != planes) {
      throw corrupt(
          "it has "
              + segments
              + " segments; samples of "
              + format.bitsAllocated()
              + " bits need "
              + planes);
    }
    int pixels = format.pixels();
    // Two bytes make at most 128: what cannot reach the pixels is refused before they are
    // allocated.
    if ((long) frame.length * 64 < pixels) {
      throw new DicomException(
          Reason.TRUNCATED,
          "The RLE frame is truncated: "
              + frame.length
              + " bytes cannot hold "
              + pixels
              + " pixels");
    }
    short[] words = new short[pixels];
    for (int plane = 0; plane < planes; plane++) {
      long start = wordAt(frame, 4 + 4 * plane);
      long end = plane + 1 < planes ? wordAt(frame, 8 + 4 * plane) : frame.length;
      if (start < HEADER || end < start || end > frame.length) {
        throw corrupt(
            "segment " + plane + " runs from byte " + start + " to " + end + " of " + frame.length);
      }
      unpack(frame, (int) start, (int) end, words);
    }
    for (int i = 0; i < pixels; i++) {
      words[i] = (short) format.valueOf(words[i] & 0xFFFF);
    }
    return words;
  }

  /** Shifts each word left and adds the segment's byte. */
  private static void unpack(byte[] frame, int start, int end, short[] words)
      throws DicomException {
    int at = start;
    int out = 0;
    while (out < words.length) {
      if (at >= end) {
        throw new DicomException(
            Reason.TRUNCATED,
            "The RLE frame is truncated: a segment gives "
                + out
                + " of "
                + words.length
                + " bytes");
      }
      int control = frame[at++];
      if (control == -128) {
        continue;
      }
      boolean run = control < 0;
      int count = run ? 1 - control : control + 1;
      int taken = run ? 1 : count;
      if (taken > end - at) {
        throw new DicomException(
            Reason.TRUNCATED,
            "The RLE frame is truncated: a segment ends at byte " + end + " inside a run");
      }
      // A last run may be longer than the picture where a writer padded it.
      int used = Math.min(count, words.length - out);
      for (int i = 0; i < used; i++) {
        words[out] = (short) ((words[out] << 8) | (frame[run ? at : at + i] & 0xFF));
        out++;
      }
      at += taken;
    }
  }

  private static long wordAt(byte[] bytes, int at) {
    return (bytes[at] & 0xFFL)
        | (bytes[at + 1] & 0xFFL) << 8
        | (bytes[at + 2] & 0xFFL) << 16
        | (bytes[at + 3] & 0xFFL) << 24;
  }

  private static DicomException corrupt(String problem) {
    return new DicomException(Reason.CORRUPT, "The RLE frame is damaged: " + problem);
  }
}
