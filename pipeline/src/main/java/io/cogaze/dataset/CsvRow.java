package io.cogaze.dataset;

import java.util.Optional;

/**
 * One record of a CSV file.
 *
 * @param line first physical line of the record, from 1 with the header as line 1
 */
record CsvRow(CsvHeader header, String[] cells, long line) {
  /**
   * The stripped text of a column, or empty when the cell is blank or the file lacks the column.
   */
  Optional<String> text(Column column) {
    return header.find(column).stream()
        .mapToObj(this::cell)
        .filter(text -> !text.isEmpty())
        .findFirst();
  }

  private String cell(int position) {
    return position < cells.length && cells[position] != null ? cells[position].strip() : "";
  }
}
