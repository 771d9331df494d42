package io.cogaze.synthetic;

import java.util.List;

/**
 * One rendered chest.
 *
 * @param grey height * width display values, row-major, 0 black (air) .. 1 white (dense)
 * @param effusion whether there is fluid in a costophrenic angle
 * @param targets what a reader looks at: stations in habitual order, signs, distractors
 */
record Phantom(
    Disease disease,
    Frame frame,
    Anatomy anatomy,
    float[] grey,
    List<Target> targets,
    boolean effusion) {
  int width() {
    return frame.width();
  }

  int height() {
    return frame.height();
  }
}
