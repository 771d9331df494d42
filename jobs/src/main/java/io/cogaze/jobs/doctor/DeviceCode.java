package io.cogaze.jobs.doctor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * The code for graphics processors that a native library carries, read from its fat binaries
 * without CUDA. A compiler of CUDA writes one fat binary for each source file; it holds the same
 * kernels as machine code for some generations and, perhaps, as PTX, which the driver can compile
 * for any later generation.
 *
 * <p>Layout, all little-endian. A fat binary: magic (4 bytes), version (2), header size (2), size
 * of the entries (8). An entry: kind (2; 1 is PTX, 2 is machine code), unused (2), header size (4),
 * payload size (8), ..., at byte 28 the generation (4; 86 stands for 8.6). The payload is not read.
 *
 * @param carried each combination of code that occurs, and in how many fat binaries
 */
public record DeviceCode(Map<Set<DeviceCode.Code>, Integer> carried) {
  /** How a kernel is stored. */
  public enum Kind {
    /** Text that a driver compiles when a program starts. */
    PTX,
    /** Instructions of one generation. */
    MACHINE_CODE
  }

  /** What a fat binary has for a generation. */
  public record Code(Kind kind, ComputeCapability target) {
    boolean runsOn(ComputeCapability device) {
      return switch (kind) {
        case PTX -> target.compareTo(device) <= 0;
        case MACHINE_CODE -> target.major() == device.major() && target.minor() <= device.minor();
      };
    }
  }

  /** What happens when a device is given the library's kernels. */
  public enum Fit {
    /** Some kernels have no code that it understands: "no kernel image is available". */
    NONE,
    /** The driver compiles some kernels before they run; that takes minutes, once. */
    PTX,
    /** All kernels run as they are. */
    MACHINE_CODE
  }

  private static final int MAGIC = 0xBA55ED50;
  private static final int HEADER_BYTES = 16;
  private static final int ENTRY_HEADER_BYTES = 32;
  private static final int ALIGNMENT = 8;
  private static final int LARGEST_GAP = 4096;
  private static final int KIND_PTX = 1;
  private static final int KIND_MACHINE_CODE = 2;
  private static final int LARGEST_GENERATION = 999;
  private static final Set<String> SECTIONS = Set.of(".nv_fatbin", "__nv_relfatbin");

  /**
   * Reads a shared library (ELF, 64 bits).
   *
   * <p>Errors: {@link io.cogaze.error.InputException} when it is damaged.
   */
  public static DeviceCode read(Path library) throws IOException {
    Map<Set<Code>, Integer> carried = new LinkedHashMap<>();
    try (BinaryFile file = BinaryFile.open(library)) {
      for (ElfSections.Section section : ElfSections.read(file)) {
        if (SECTIONS.contains(section.name())) {
          readSection(file, section, carried);
        }
      }
    }
    return new DeviceCode(carried);
  }

  private static void readSection(
      BinaryFile file, ElfSections.Section section, Map<Set<Code>, Integer> carried)
      throws IOException {
    long end = section.offset() + section.size();
    long at = section.offset();
    long last = at;
    while (end - at >= HEADER_BYTES) {
      ByteBuffer header = file.read(at, HEADER_BYTES, "a fat binary");
      if (header.getInt(0) == 0 && at - last < LARGEST_GAP) {
        at += ALIGNMENT;
        continue;
      }
      if (header.getInt(0) != MAGIC) {
        throw file.damaged("no fat binary begins at byte " + at + " of its section for GPU code");
      }
      long headerBytes = Short.toUnsignedLong(header.getShort(6));
      long entries = at + headerBytes;
      long length = header.getLong(8);
      if (headerBytes < HEADER_BYTES || length < 0 || entries > end || length > end - entries) {
        throw file.damaged(
            "the fat binary at byte "
                + at
                + " claims "
                + Long.toUnsignedString(length)
                + " bytes, which its section has not");
      }
      Set<Code> found = readEntries(file, entries, entries + length);
      if (!found.isEmpty()) {
        carried.merge(found, 1, Integer::sum);
      }
      at = entries + length;
      last = at;
    }
  }

  private static Set<Code> readEntries(BinaryFile file, long from, long end) throws IOException {
    Set<Code> found = new LinkedHashSet<>();
    long at = from;
    while (end - at >= ENTRY_HEADER_BYTES) {
      ByteBuffer entry = file.read(at, ENTRY_HEADER_BYTES, "an entry of a fat binary");
      int kind = Short.toUnsignedInt(entry.getShort(0));
      long headerBytes = Integer.toUnsignedLong(entry.getInt(4));
      long payload = entry.getLong(8);
      if (headerBytes < ENTRY_HEADER_BYTES
          || payload < 0
          || headerBytes > end - at
          || payload > end - at - headerBytes) {
        throw file.damaged(
            "the entry at byte "
                + at
                + " of a fat binary claims "
                + Long.toUnsignedString(payload)
                + " bytes, which the fat binary has not");
      }
      int generation = entry.getInt(28);
      if (kind == KIND_PTX || kind == KIND_MACHINE_CODE) {
        if (generation < 10 || generation > LARGEST_GENERATION) {
          throw file.damaged(
              "the entry at byte " + at + " of a fat binary is for generation " + generation);
        }
        found.add(
            new Code(
                kind == KIND_PTX ? Kind.PTX : Kind.MACHINE_CODE,
                ComputeCapability.ofNumber(generation)));
      }
      at += headerBytes + payload;
    }
    return found;
  }

  /** How many fat binaries there are. */
  public int fatBinaries() {
    return carried.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** The generations that every fat binary has code of a kind for, ascending. */
  public NavigableSet<ComputeCapability> targets(Kind kind) {
    NavigableSet<ComputeCapability> common = null;
    for (Set<Code> one : carried.keySet()) {
      NavigableSet<ComputeCapability> here = new TreeSet<>();
      one.stream().filter(code -> code.kind() == kind).map(Code::target).forEach(here::add);
      if (common == null) {
        common = here;
      } else {
        common.retainAll(here);
      }
    }
    return common == null ? new TreeSet<>() : common;
  }

  /** What a device can do with it; the kernels that fit worst decide. */
  public Fit fit(ComputeCapability device) {
    return carried.keySet().stream()
        .map(one -> fit(one, device))
        .min(Comparator.naturalOrder())
        .orElse(Fit.NONE);
  }

  private static Fit fit(Collection<Code> codes, ComputeCapability device) {
    return codes.stream()
        .filter(code -> code.runsOn(device))
        .map(code -> code.kind() == Kind.PTX ? Fit.PTX : Fit.MACHINE_CODE)
        .max(Comparator.naturalOrder())
        .orElse(Fit.NONE);
  }
}
