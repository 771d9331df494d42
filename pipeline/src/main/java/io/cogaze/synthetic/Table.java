package io.cogaze.synthetic;

/** The tables of EGD-CXR that are made here, in the order in which they are written. */
enum Table {
  EYE_GAZE("eye_gaze.csv", GazeTable.HEADER),
  FIXATIONS("fixations.csv", GazeTable.HEADER),
  BOUNDING_BOXES("bounding_boxes.csv", BoundingBoxes.HEADER),
  /** Last, so that a folder without it is seen to be unfinished by any reader. */
  MASTER_SHEET("master_sheet.csv", MasterSheet.HEADER);

  private final String fileName;
  private final String header;

  Table(String fileName, String header) {
    this.fileName = fileName;
    this.header = header;
  }

  String fileName() {
    return fileName;
  }

  String header() {
    return header;
  }
}
