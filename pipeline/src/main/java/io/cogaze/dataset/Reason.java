package io.cogaze.dataset;

/**
 * Why a record was quarantined or carries a warning, with the constraint that it breaks in the
 * words of deequ.
 */
public enum Reason {
  // Quarantine: the record is left out.
  MISSING_ID(true, "isComplete(image id)"),
  MISSING_PATIENT(true, "isComplete(patient id)"),
  PATIENT_VALUE(true, "satisfies(patient id is a whole number)"),
  MISSING_PATH(true, "isComplete(image path)"),
  UNSAFE_PATH(true, "satisfies(image path stays inside the image tree)"),
  DUPLICATE_ID(true, "isUnique(image id)"),
  CLASS_VALUE(true, "isContainedIn(class columns, 0, 1)"),
  CLASS_NOT_UNIQUE(true, "satisfies(exactly one class column is 1)"),
  IMAGE_MISSING(true, "satisfies(image file exists)"),
  IMAGE_UNREADABLE(true, "satisfies(image file can be decoded)"),
  EXAMPLE_FAILURE(true, "satisfies(an example can be made of the image)"),
  // Warnings: the record stays.
  PATIENT_DIFFERS(false, "satisfies(table and image file name the same patient)"),
  CONSTANT_IMAGE(false, "satisfies(image is not of one grey value)"),
  LABEL_VALUE(false, "isContainedIn(finding columns, -1, 0, 1, empty)"),
  GAZE_WITHOUT_IMAGE(false, "isContainedIn(gaze image id, image ids)"),
  GAZE_VALUE(false, "satisfies(gaze columns are numbers)"),
  NO_GAZE(false, "satisfies(image has gaze)"),
  GAZE_ZERO_MASS(false, "satisfies(gaze map has mass)"),
  GAZE_CROPPED(false, "satisfies(canvas holds all gaze)"),
  NO_FIXATIONS(false, "satisfies(fixation table exists)"),
  MASK_MISSING(false, "satisfies(image has organ masks)"),
  MASK_UNREADABLE(false, "satisfies(mask can be decoded and has the size of the image)"),
  PATIENT_IN_TWO_SPLITS(false, "satisfies(patient is in one split)"),
  DUPLICATE_PIXELS(false, "satisfies(equal images are in one split)");

  private final boolean quarantine;
  private final String constraint;

  Reason(boolean quarantine, String constraint) {
    this.quarantine = quarantine;
    this.constraint = constraint;
  }

  /** True if the record is left out, false if it stays with a warning. */
  public boolean quarantine() {
    return quarantine;
  }

  /** The constraint that the record breaks. */
  public String constraint() {
    return constraint;
  }
}
