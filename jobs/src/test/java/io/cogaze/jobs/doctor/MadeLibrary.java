package io.cogaze.jobs.doctor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes small shared libraries with code for graphics processors, byte by byte. */
final class MadeLibrary {
  static final int HEADER = 64;
  private static final int SECTION_HEADER = 64;
  private static final int PTX = 1;
  private static final int CUBIN = 2;

  private final List<byte[]> fatBinaries = new ArrayList<>();
  private String section = ".nv_fatbin";

  /** Adds a fat binary: numbers like 86 for machine code, -86 for PTX. */
  MadeLibrary with(int... targets) {
    ByteArrayOutputStream entries = new ByteArrayOutputStream();
    for (int target : targets) {
      entries.writeBytes(entry(target < 0 ? PTX : CUBIN, Math.abs(target), 24));
    }
    return withBytes(fatBinary(entries.toByteArray()));
  }

  MadeLibrary withBytes(byte[] bytes) {
    fatBinaries.add(bytes.clone());
    return this;
  }

  MadeLibrary section(String name) {
    section = name;
    return this;
  }

  static byte[] fatBinary(byte[] entries) {
    byte[] bytes = new byte[16 + entries.length];
    over(bytes)
        .putInt(0xBA55ED50)
        .putShort((short) 1)
        .putShort((short) 16)
        .putLong(entries.length)
        .put(entries);
    return bytes;
  }

  /**
   * An entry with a payload of bytes that mean nothing. PTX has a longer header, as in real ones.
   */
  static byte[] entry(int kind, int target, int payload) {
    int header = kind == PTX ? 72 : 64;
    byte[] entry = new byte[header + payload];
    ByteBuffer bytes = over(entry);
    bytes.putShort((short) kind).putShort((short) 0x101).putInt(header).putLong(payload);
    bytes.putInt(payload).putInt(0).putShort((short) 7).putShort((short) 1).putInt(target);
    while (bytes.position() < header) {
      bytes.put((byte) 0);
    }
    while (bytes.hasRemaining()) {
      bytes.put((byte) 0x5A);
    }
    return entry;
  }

  /** An ELF file: its header, the section's bytes, the names, and a table of three sections. */
  byte[] bytes() {
    ByteArrayOutputStream code = new ByteArrayOutputStream();
    fatBinaries.forEach(code::writeBytes);
    byte[] names = ("\0" + section + "\0.shstrtab\0").getBytes(StandardCharsets.US_ASCII);
    int namesAt = HEADER + code.size();
    int tableAt = namesAt + names.length;
    byte[] library = new byte[tableAt + 3 * SECTION_HEADER];
    ByteBuffer file = over(library);
    file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
    file.putShort((short) 3).putShort((short) 62).putInt(1).putLong(0).putLong(0).putLong(tableAt);
    file.putInt(0).putShort((short) HEADER).putShort((short) 56).putShort((short) 0);
    file.putShort((short) SECTION_HEADER).putShort((short) 3).putShort((short) 2);
    file.put(code.toByteArray()).put(names).position(tableAt + SECTION_HEADER);
    header(file, 1, 1, HEADER, code.size());
    header(file, 2 + section.length(), 3, namesAt, names.length);
    return library;
  }

  private static void header(ByteBuffer file, int name, int type, long offset, long size) {
    file.putInt(name).putInt(type).putLong(0).putLong(0).putLong(offset).putLong(size);
    file.putInt(0).putInt(0).putLong(8).putLong(0);
  }

  Path write(Path folder) throws IOException {
    return Files.write(folder.resolve("libmade.so"), bytes());
  }

  private static ByteBuffer over(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
