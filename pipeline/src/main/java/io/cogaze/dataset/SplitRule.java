package io.cogaze.dataset;

/** How examples come into splits. */
public enum SplitRule {
  /**
   * By patient, per class: patients sorted by a keyed hash and cut at the shares. No patient is in
   * two splits.
   */
  PATIENT,
  /**
   * The rule of MT-UNet's public preparation script: images of a class in random order, number k
   * modulo 10 in {0, 1} is test, 2 is valid, the rest train. By image: a patient with several
   * images can be in two splits, which inflates the scores. Only to compare with published figures.
   */
  AUTHORS_BY_IMAGE
}
