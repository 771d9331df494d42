package io.cogaze.dicom;

import io.cogaze.dicom.DataSet.Element;
import io.cogaze.dicom.DataSet.Fragment;
import io.cogaze.dicom.DicomException.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Walks the little-endian data elements of a byte array (DICOM PS3.5 section 7) and notes where the
 * values lie. No length is believed before it is compared with what is left, so nothing larger than
 * the file is ever allocated and each step moves forward.
 */
final class DataSetParser {
  private static final long UNDEFINED = 0xFFFFFFFFL;
  private static final int DEEPEST_NESTING = 32;

  private final byte[] bytes;
  private int position;

  DataSetParser(byte[] bytes, int start) {
    this.bytes = bytes;
    this.position = start;
  }

  int position() {
    return position;
  }

  /** The file meta information: the elements of group 0002, always explicit VR. */
  DataSet readMeta() throws DicomException {
    Map<Integer, Element> elements = new LinkedHashMap<>();
    while (bytes.length - position >= 8 && shortAt(position) == 0x0002) {
      Header header = readHeader(true);
      checkHeld(header);
      elements.put(header.tag, new Element(position, header.length));
      position += (int) header.length;
    }
    return new DataSet(bytes, elements, Optional.empty(), List.of());
  }

  /** The main data set up to its pixel data or the end of the file. */
  DataSet readMain(boolean explicit) throws DicomException {
    Map<Integer, Element> elements = new LinkedHashMap<>();
    List<DataSet> voiLuts = new ArrayList<>();
    while (position < bytes.length) {
      Header header = readHeader(explicit);
      if (header.tag == Tag.PIXEL_DATA) {
        if (header.length != UNDEFINED) {
          checkHeld(header);
        }
        Element pixels = new Element(position, header.length);
        elements.put(header.tag, pixels);
        Optional<List<Fragment>> fragments =
            header.length == UNDEFINED ? Optional.of(readFragments()) : Optional.empty();
        return new DataSet(bytes, elements, fragments, voiLuts);
      }
      if (header.tag == Tag.VOI_LUT_SEQUENCE) {
        readItems(header, explicit, 1, voiLuts);
      } else {
        readValue(header, explicit, elements, 0);
      }
    }
    return new DataSet(bytes, elements, Optional.empty(), voiLuts);
  }

  private void readValue(Header header, boolean explicit, Map<Integer, Element> elements, int depth)
      throws DicomException {
    if (header.length == UNDEFINED) {
      // An undefined length is a sequence; one of unknown VR is coded implicitly (PS3.5 6.2.2).
      readItems(header, explicit && !header.vr.equals("UN"), depth + 1, null);
      return;
    }
    checkHeld(header);
    elements.put(header.tag, new Element(position, header.length));
    position += (int) header.length;
  }

  /** Walks the items of a sequence; keeps them only where a list is given. */
  private void readItems(Header sequence, boolean explicit, int depth, List<DataSet> kept)
      throws DicomException {
    if (depth > DEEPEST_NESTING) {
      throw corrupt("sequences are nested deeper than " + DEEPEST_NESTING, sequence.tag);
    }
    boolean open = sequence.length == UNDEFINED;
    if (!open) {
      checkHeld(sequence);
    }
    long end = open ? bytes.length : position + sequence.length;
    while (position < end) {
      Header item = readItemHeader(sequence.tag);
      if (item.tag == Tag.SEQUENCE_DELIMITATION) {
        return;
      }
      Map<Integer, Element> elements = new LinkedHashMap<>();
      if (item.length == UNDEFINED) {
        readOpenItem(sequence.tag, explicit, depth, elements);
      } else {
        checkHeld(item);
        long itemEnd = position + item.length;
        while (kept != null && position < itemEnd) {
          readValue(readHeader(explicit), explicit, elements, depth);
        }
        position = (int) Math.max(position, itemEnd);
      }
      if (kept != null) {
        kept.add(new DataSet(bytes, elements, Optional.empty(), List.of()));
      }
    }
    if (open) {
      throw new DicomException(
          Reason.TRUNCATED,
          "The DICOM file ends at byte "
              + bytes.length
              + " inside sequence "
              + Tag.text(sequence.tag)
              + ", which has no end mark");
    }
  }

  private void readOpenItem(
      int sequence, boolean explicit, int depth, Map<Integer, Element> elements)
      throws DicomException {
    while (true) {
      if (bytes.length - position >= 8 && tagAt(position) == Tag.ITEM_DELIMITATION) {
        position += 8;
        return;
      }
      Header header = readHeader(explicit);
      if (header.tag >>> 16 == 0xFFFE) {
        throw corrupt("an item holds a delimiter where an element should be", sequence);
      }
      readValue(header, explicit, elements, depth);
    }
  }

  private List<Fragment> readFragments() throws DicomException {
    List<Fragment> fragments = new ArrayList<>();
    boolean offsetTable = true;
    while (true) {
      Header item = readItemHeader(Tag.PIXEL_DATA);
      if (item.tag == Tag.SEQUENCE_DELIMITATION) {
        return fragments;
      }
      checkHeld(item);
      if (!offsetTable) {
        fragments.add(new Fragment(position, (int) item.length));
      }
      offsetTable = false;
      position += (int) item.length;
    }
  }

  private Header readItemHeader(int sequence) throws DicomException {
    require(8, sequence);
    int tag = tagAt(position);
    long length = intAt(position + 4);
    position += 8;
    if (tag != Tag.ITEM && tag != Tag.SEQUENCE_DELIMITATION) {
      throw corrupt("found " + Tag.text(tag) + " where an item should start", sequence);
    }
    return new Header(tag, "", length);
  }

  private Header readHeader(boolean explicit) throws DicomException {
    require(8, 0);
    int tag = tagAt(position);
    if (!explicit || tag >>> 16 == 0xFFFE) {
      long length = intAt(position + 4);
      position += 8;
      return new Header(tag, "", length);
    }
    char first = (char) (bytes[position + 4] & 0xFF);
    char second = (char) (bytes[position + 5] & 0xFF);
    if (first < 'A' || first > 'Z' || second < 'A' || second > 'Z') {
      throw corrupt("the value representation is not two capital letters", tag);
    }
    String vr = "" + first + second;
    if (isShort(vr)) {
      int length = shortAt(position + 6);
      position += 8;
      return new Header(tag, vr, length);
    }
    require(12, tag);
    long length = intAt(position + 8);
    position += 12;
    return new Header(tag, vr, length);
  }

  /** Representations with a 16-bit length; all others, known or not, have 32 bits (PS3.5 7.1.2). */
  private static boolean isShort(String vr) {
    return switch (vr) {
      case "AE",
          "AS",
          "AT",
          "CS",
          "DA",
          "DS",
          "DT",
          "FL",
          "FD",
          "IS",
          "LO",
          "LT",
          "PN",
          "SH",
          "SL",
          "SS",
          "ST",
          "TM",
          "UI",
          "UL",
          "US" ->
          true;
      default -> false;
    };
  }

  private void checkHeld(Header header) throws DicomException {
    if (header.length == UNDEFINED) {
      throw corrupt("the length is undefined where it must be given", header.tag);
    }
    require(header.length, header.tag);
  }

  private void require(long length, int tag) throws DicomException {
    int left = bytes.length - position;
    if (length > left) {
      throw new DicomException(
          Reason.TRUNCATED,
          "The DICOM file is truncated: "
              + (tag == 0 ? "the next data element" : "element " + Tag.text(tag))
              + " at byte "
              + position
              + " needs "
              + length
              + " bytes, but "
              + left
              + " are left");
    }
  }

  private DicomException corrupt(String problem, int tag) {
    return new DicomException(
        Reason.CORRUPT,
        "The DICOM file is damaged near byte "
            + position
            + ", element "
            + Tag.text(tag)
            + ": "
            + problem);
  }

  private int tagAt(int at) {
    return (shortAt(at) << 16) | shortAt(at + 2);
  }

  private int shortAt(int at) {
    return (bytes[at] & 0xFF) | (bytes[at + 1] & 0xFF) << 8;
  }

  private long intAt(int at) {
    return shortAt(at) | (long) shortAt(at + 2) << 16;
  }

  private record Header(int tag, String vr, long length) {}
}
