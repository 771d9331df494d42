package io.cogaze.image;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a file says about its grey values.
 *
 * @param smallest smallest value that the file's bits allow
 * @param largest largest value that the file's bits allow
 * @param monochrome1 whether the smallest value is shown white
 * @param relationshipSign the DICOM Pixel Intensity Relationship Sign, 1 or -1
 * @param ramp the display window, in stored values
 * @param padding stored values of pixels that are no part of the picture
 */
public record GreyEncoding(
    double smallest,
    double largest,
    boolean monochrome1,
    OptionalInt relationshipSign,
    Optional<Ramp> ramp,
    Optional<Range> padding) {

  /** A linear ramp from centre - width/2 to centre + width/2; a negative width falls. */
  public record Ramp(double center, double width) {}

  /** An inclusive range. */
  public record Range(double low, double high) {}

  /** Errors: {@link IllegalArgumentException} if the range is empty. */
  public GreyEncoding {
    if (!(smallest < largest)) {
      throw new IllegalArgumentException(
          "Grey values need a range, but go from " + smallest + " to " + largest);
    }
  }

  /** Bright bone, values of 0 to the largest, nothing else said: PNG and JPEG files. */
  public static GreyEncoding plain(double largest) {
    return new GreyEncoding(
        0, largest, false, OptionalInt.of(-1), Optional.empty(), Optional.empty());
  }
}
