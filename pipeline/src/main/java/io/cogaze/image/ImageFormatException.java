package io.cogaze.image;

import java.io.IOException;

/** A picture file that cannot be read; the message says what was found. */
public final class ImageFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  /** A failure with a complete message. */
  public ImageFormatException(String message) {
    super(message);
  }

  /** A failure with a complete message and the decoder's own error. */
  public ImageFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
