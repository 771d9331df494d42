package io.cogaze.synthetic;

import java.util.List;

/**
 * One reading of one image: the path of the eyes.
 *
 * @param seconds from the picture's appearance to its end
 * @param fixations in time, without overlap
 * @param blinks in time; may interrupt the gaps between fixations only
 */
record Reading(double seconds, List<Fixation> fixations, List<Blink> blinks) {

  /**
   * The eyes rest on a point.
   *
   * @param start seconds from the picture's appearance
   * @param end seconds, after start
   * @param x pixels of the image to the right; may lie off the image
   * @param y pixels of the image down; may lie off the image
   */
  record Fixation(double start, double end, double x, double y) {
    double duration() {
      return end - start;
    }
  }

  /** The lids are closed from start to end (seconds). */
  record Blink(double start, double end) {}
}
