package io.cogaze.synthetic;

/** What is known of an image before it is drawn; a function of the seed and the image's index. */
record CasePlan(
    long seed,
    long imageIndex,
    long patientIndex,
    String dicomId,
    int patientId,
    int studyId,
    Disease disease,
    int width,
    int height,
    boolean monochrome1) {

  /** Path below the root of MIMIC-CXR, as column {@code path} of master_sheet.csv has it. */
  String path() {
    String patient = "p" + patientId;
    return "files/"
        + patient.substring(0, 3)
        + "/"
        + patient
        + "/s"
        + studyId
        + "/"
        + dicomId
        + ".dcm";
  }
}
