package io.cogaze.nn.network;

import java.util.LinkedHashSet;
import java.util.Set;

/** Checks that the networks share. */
final class RequestCheck {
  private RequestCheck() {}

  /**
   * Errors: IllegalArgumentException for a head that the network does not have, and for a trainable
   * part that does not exist or that no head needs.
   */
  static void parts(String name, Network network, BuildRequest request) {
    Set<String> needed = new LinkedHashSet<>();
    request.heads().forEach(head -> needed.addAll(network.parts(head)));
    for (String part : request.trainableParts()) {
      if (!network.parts().contains(part)) {
        throw new IllegalArgumentException(
            "The " + name + " has no part '" + part + "'; its parts are " + network.parts());
      }
      if (!needed.contains(part)) {
        throw new IllegalArgumentException(
            "Part '"
                + part
                + "' cannot be trained with the outputs "
                + request.heads()
                + ", which need only "
                + needed);
      }
    }
  }

  /** The error for a head that a network does not have. */
  static IllegalArgumentException noHead(String name, Head head, Set<Head> known) {
    return new IllegalArgumentException(
        "The " + name + " has no output " + head + "; its outputs are " + known);
  }

  /**
   * Errors: IllegalArgumentException when a side of the input is no multiple of what halvings need.
   */
  static void sides(String name, int multiple, String halvings, int height, int width) {
    if (height < multiple || width < multiple || height % multiple != 0 || width % multiple != 0) {
      throw new IllegalArgumentException(
          "The "
              + name
              + " needs height and width that are multiples of "
              + multiple
              + " (it halves its input "
              + halvings
              + " times), got "
              + height
              + " x "
              + width);
    }
  }

  /** Errors: IllegalArgumentException for fewer than two classes. */
  static void classes(int classes) {
    if (classes < 2) {
      throw new IllegalArgumentException("At least 2 classes are needed, got " + classes);
    }
  }

  /** Errors: IllegalArgumentException for widths below 1 or a dropout outside [0, 1). */
  static void classifier(int baseWidth, int hidden, double dropout) {
    if (baseWidth < 1 || hidden < 1) {
      throw new IllegalArgumentException(
          "Base width and hidden width must be at least 1, got " + baseWidth + " and " + hidden);
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("Dropout must be in [0, 1), got " + dropout);
    }
  }
}
