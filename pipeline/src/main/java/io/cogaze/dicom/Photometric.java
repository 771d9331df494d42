package io.cogaze.dicom;

/** Photometric interpretation of grey images (DICOM PS3.3 C.7.6.3.1.2). */
public enum Photometric {
  /** The smallest value is shown white. */
  MONOCHROME1,
  /** The smallest value is shown black. */
  MONOCHROME2
}
