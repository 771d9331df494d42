package io.cogaze.dicom;

import java.io.IOException;

/**
 * A DICOM file that cannot be read. The message says what is wrong, with the values found; the
 * reason is a stable code for quarantine tables. Other {@link IOException}s of a reader come from
 * the stream, not from its content.
 */
public final class DicomException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why a file cannot be read. The names are stable: they are written into tables. */
  public enum Reason {
    /** Neither a preamble with DICM nor a data set that starts as DICOM does. */
    NOT_DICOM,
    /** The file ends before the data that it declares. */
    TRUNCATED,
    /** The bytes contradict the standard or themselves. */
    CORRUPT,
    /** An attribute without which pixels have no meaning is absent or empty. */
    MISSING_ATTRIBUTE,
    /** The data set has no pixel data element. */
    NO_PIXEL_DATA,
    /** The transfer syntax is known or unknown, but not one that this reader decodes. */
    UNSUPPORTED_TRANSFER_SYNTAX,
    /** Colour, several frames, 1 or 32 bits: not a single grey image of 8 or 16 bits. */
    UNSUPPORTED_PIXELS,
    /** Larger than the reader's limits. */
    TOO_LARGE,
    /** The decoder itself failed where it should have refused the file. The message says how. */
    DECODER_FAILURE
  }

  private final Reason reason;

  /** A failure with a complete message. */
  public DicomException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** A failure with a complete message and the decoder's own error. */
  public DicomException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** The stable code of the failure. */
  public Reason reason() {
    return reason;
  }
}
