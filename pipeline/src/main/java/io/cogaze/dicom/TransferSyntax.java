package io.cogaze.dicom;

import java.util.Optional;

/** The transfer syntaxes that are decoded (DICOM PS3.5 section 10 and annex A). */
enum TransferSyntax {
  IMPLICIT_VR_LITTLE_ENDIAN("1.2.840.10008.1.2", Codec.NATIVE),
  EXPLICIT_VR_LITTLE_ENDIAN("1.2.840.10008.1.2.1", Codec.NATIVE),
  DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN("1.2.840.10008.1.2.1.99", Codec.NATIVE),
  JPEG_BASELINE("1.2.840.10008.1.2.4.50", Codec.JPEG),
  JPEG_EXTENDED("1.2.840.10008.1.2.4.51", Codec.JPEG),
  JPEG_LOSSLESS("1.2.840.10008.1.2.4.57", Codec.JPEG),
  JPEG_LOSSLESS_FIRST_ORDER("1.2.840.10008.1.2.4.70", Codec.JPEG),
  JPEG_2000_LOSSLESS("1.2.840.10008.1.2.4.90", Codec.JPEG_2000),
  JPEG_2000("1.2.840.10008.1.2.4.91", Codec.JPEG_2000),
  RLE("1.2.840.10008.1.2.5", Codec.RLE);

  /** How a frame is coded. */
  enum Codec {
    NATIVE,
    JPEG,
    JPEG_2000,
    RLE
  }

  private final String uid;
  private final Codec codec;

  TransferSyntax(String uid, Codec codec) {
    this.uid = uid;
    this.codec = codec;
  }

  String uid() {
    return uid;
  }

  Codec codec() {
    return codec;
  }

  boolean explicitVr() {
    return this != IMPLICIT_VR_LITTLE_ENDIAN;
  }

  boolean encapsulated() {
    return codec != Codec.NATIVE;
  }

  static Optional<TransferSyntax> ofUid(String uid) {
    for (TransferSyntax syntax : values()) {
      if (syntax.uid.equals(uid)) {
        return Optional.of(syntax);
      }
    }
    return Optional.empty();
  }

  /** The standard's name of a syntax that is not decoded, or the empty string. */
  static String nameOfUnsupported(String uid) {
    return switch (uid) {
      case "1.2.840.10008.1.2.2" -> "Explicit VR Big Endian (retired)";
      case "1.2.840.10008.1.2.4.80" -> "JPEG-LS Lossless";
      case "1.2.840.10008.1.2.4.81" -> "JPEG-LS Near-Lossless";
      case "1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93" -> "JPEG 2000 Part 2";
      case "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101" -> "MPEG-2";
      case "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203" ->
          "High-Throughput JPEG 2000";
      case "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112" ->
          "JPEG XL";
      default -> "";
    };
  }
}
