package io.cogaze.dicom;

import io.cogaze.dicom.DicomException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Data elements of one level, as ranges of the file's bytes. Values are decoded when asked for.
 * Absent and empty elements are the same.
 */
final class DataSet {

  /** The value field of one element; the length is what the file declares, not what it holds. */
  record Element(int offset, long length) {}

  /** One fragment of encapsulated pixel data. */
  record Fragment(int offset, int length) {}

  private final byte[] bytes;
  private final Map<Integer, Element> elements;
  private final Optional<List<Fragment>> fragments;
  private final List<DataSet> voiLuts;

  DataSet(
      byte[] bytes,
      Map<Integer, Element> elements,
      Optional<List<Fragment>> fragments,
      List<DataSet> voiLuts) {
    this.bytes = bytes;
    this.elements = Collections.unmodifiableMap(elements);
    this.fragments = fragments;
    this.voiLuts = List.copyOf(voiLuts);
  }

  byte[] bytes() {
    return bytes;
  }

  Optional<Element> element(int tag) {
    return Optional.ofNullable(elements.get(tag));
  }

  /** The fragments of encapsulated pixel data without the offset table; empty for native pixels. */
  Optional<List<Fragment>> fragments() {
    return fragments;
  }

  /** The items of the VOI LUT sequence. */
  List<DataSet> voiLuts() {
    return voiLuts;
  }

  /** Text without the padding at either end; empty when absent. */
  String text(int tag) {
    Element element = elements.get(tag);
    if (element == null) {
      return "";
    }
    int start = element.offset();
    int end = start + (int) element.length();
    while (end > start && bytes[end - 1] >= 0 && bytes[end - 1] <= ' ') {
      end--;
    }
    while (start < end && bytes[start] >= 0 && bytes[start] <= ' ') {
      start++;
    }
    return new String(bytes, start, end - start, StandardCharsets.UTF_8);
  }

  /** The first unsigned 16-bit number. */
  OptionalInt unsignedShort(int tag) {
    return unsignedShort(tag, 0);
  }

  /** An unsigned 16-bit number of several. */
  OptionalInt unsignedShort(int tag, int index) {
    Element element = elements.get(tag);
    if (element == null || element.length() < 2L * (index + 1)) {
      return OptionalInt.empty();
    }
    int at = element.offset() + 2 * index;
    return OptionalInt.of((bytes[at] & 0xFF) | (bytes[at + 1] & 0xFF) << 8);
  }

  int requiredUnsignedShort(int tag, String name) throws DicomException {
    OptionalInt value = unsignedShort(tag);
    if (value.isEmpty()) {
      throw new DicomException(
          Reason.MISSING_ATTRIBUTE,
          "The DICOM file has no " + name + " " + Tag.text(tag) + ", so its pixels have no shape");
    }
    return value.getAsInt();
  }

  /** Decimal numbers separated by backslashes; empty when absent. */
  List<Double> decimals(int tag, String name) throws DicomException {
    String text = text(tag);
    List<Double> values = new ArrayList<>();
    if (text.isEmpty()) {
      return values;
    }
    for (String part : text.split("\\\\", -1)) {
      try {
        double value = Double.parseDouble(part.strip());
        if (!Double.isFinite(value)) {
          throw new NumberFormatException("not finite");
        }
        values.add(value);
      } catch (NumberFormatException e) {
        throw new DicomException(
            Reason.CORRUPT,
            name + " " + Tag.text(tag) + " is '" + shortened(text) + "', which is not a number",
            e);
      }
    }
    return values;
  }

  static String shortened(String text) {
    String safe = text.replaceAll("[^\\x20-\\x7E]", "?");
    return safe.length() <= 64 ? safe : safe.substring(0, 61) + "...";
  }
}
