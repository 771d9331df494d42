package io.cogaze.synthetic;

import java.util.List;

/**
 * One rendered chest.
 *
 * @param grey height * width display values, row-major, 0 black (air) .. 1 white (dense)
 * @param targets what a reader looks at: stations in habitual order, signs, distractors
 */
record Phantom(Disease disease, Frame frame, Anatomy anatomy, float[] grey, List<Target> targets) {
  int width() {
    return frame.width();
  }

  int height() {
    return frame.height();
  }
}
