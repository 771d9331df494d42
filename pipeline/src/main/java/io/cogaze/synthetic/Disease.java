package io.cogaze.synthetic;

/** The three classes of EGD-CXR, in the order of its columns; exactly one is 1 in each row. */
public enum Disease {
  NORMAL("Normal"),
  CHF("CHF"),
  PNEUMONIA("pneumonia");

  private final String column;

  Disease(String column) {
    this.column = column;
  }

  /** The column of master_sheet.csv. */
  public String column() {
    return column;
  }
}
