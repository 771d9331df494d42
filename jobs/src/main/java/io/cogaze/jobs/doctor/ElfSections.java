package io.cogaze.jobs.doctor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The section table of a 64-bit little-endian ELF file (System V ABI, chapter 4). */
final class ElfSections {
  /** Where a section lies in the file, in bytes. */
  record Section(String name, long offset, long size) {}

  private static final int MAGIC = 0x464c457f;
  private static final int HEADER_BYTES = 64;
  private static final int ENTRY_BYTES = 64;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int NO_BITS = 8;
  private static final int INDEX_ELSEWHERE = 0xffff;
  private static final int LONGEST_NAME = 256;
  private static final int MOST_SECTIONS = 100_000;

  private ElfSections() {}

  /** The sections that have bytes in the file, in the order of the table. */
  static List<Section> read(BinaryFile file) throws IOException {
    ByteBuffer header = file.read(0, Math.min(HEADER_BYTES, file.size()), "the ELF header");
    if (header.limit() < HEADER_BYTES || header.getInt(0) != MAGIC) {
      throw file.damaged("it is no ELF file");
    }
    if (header.get(4) != CLASS_64 || header.get(5) != LITTLE_ENDIAN) {
      throw file.damaged("it is no 64-bit little-endian ELF file");
    }
    long table = header.getLong(40);
    if (table == 0) {
      return List.of();
    }
    if (Short.toUnsignedInt(header.getShort(58)) != ENTRY_BYTES) {
      throw file.damaged(
          "its section headers have "
              + Short.toUnsignedInt(header.getShort(58))
              + " bytes each, "
              + ENTRY_BYTES
              + " expected");
    }
    // Both numbers may be too large for the header and then stand in the table's first entry.
    ByteBuffer first = file.read(table, ENTRY_BYTES, "the section table");
    long count = Short.toUnsignedLong(header.getShort(60));
    if (count == 0) {
      count = first.getLong(32);
    }
    long names = Short.toUnsignedLong(header.getShort(62));
    if (names == INDEX_ELSEWHERE) {
      names = Integer.toUnsignedLong(first.getInt(40));
    }
    if (count < 0 || count > MOST_SECTIONS || names >= count) {
      throw file.damaged(
          "it claims "
              + Long.toUnsignedString(count)
              + " sections with their names in number "
              + names);
    }
    ByteBuffer entries = file.read(table, count * ENTRY_BYTES, "the section table");
    int nameEntry = (int) names * ENTRY_BYTES;
    ByteBuffer text =
        file.read(
            entries.getLong(nameEntry + 24), entries.getLong(nameEntry + 32), "the section names");
    List<Section> sections = new ArrayList<>();
    for (int at = 0; at < entries.limit(); at += ENTRY_BYTES) {
      if (entries.getInt(at + 4) == NO_BITS || entries.getInt(at + 4) == 0) {
        continue;
      }
      String name = name(file, text, Integer.toUnsignedLong(entries.getInt(at)));
      Section section = new Section(name, entries.getLong(at + 24), entries.getLong(at + 32));
      file.requireInside(section.offset(), section.size(), "section " + name);
      sections.add(section);
    }
    return sections;
  }

  private static String name(BinaryFile file, ByteBuffer text, long start) {
    if (start >= text.limit()) {
      throw file.damaged("a section's name lies outside of the section names");
    }
    int end = (int) start;
    while (end < text.limit() && text.get(end) != 0 && end - start < LONGEST_NAME) {
      end++;
    }
    byte[] bytes = new byte[end - (int) start];
    text.get((int) start, bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
