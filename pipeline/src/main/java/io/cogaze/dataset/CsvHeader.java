package io.cogaze.dataset;

import io.cogaze.error.InputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** The header of a CSV file: finds columns without regard to case and surrounding blanks. */
final class CsvHeader {
  private final String file;
  private final Map<String, Integer> positions = new LinkedHashMap<>();

  /** Names that stand twice, with both places. */
  private final Map<String, String> doubles = new LinkedHashMap<>();

  CsvHeader(String file, String[] cells) {
    this.file = file;
    for (int i = 0; i < cells.length; i++) {
      String name = Column.normalise(cells[i] == null ? "" : cells[i]);
      Integer first = positions.putIfAbsent(name, i);
      if (first != null) {
        doubles.putIfAbsent(name, "column " + (first + 1) + " and column " + (i + 1));
      }
    }
  }

  /**
   * Position of a column, or empty when the file does not have it. Errors: {@link InputException}
   * when it has two of the name.
   */
  OptionalInt find(Column column) {
    for (String header : column.headers()) {
      String name = Column.normalise(header);
      Integer position = positions.get(name);
      if (position != null) {
        if (doubles.containsKey(name)) {
          throw new InputException(
              "Cannot read "
                  + file
                  + ": two columns are called '"
                  + name
                  + "', "
                  + doubles.get(name)
                  + "\n  row:   1 (the header)"
                  + "\n  cause: a table that was joined or edited"
                  + "\n  fix:   remove or rename one of them");
        }
        return OptionalInt.of(position);
      }
    }
    return OptionalInt.empty();
  }

  /** Position of a column that {@link #require} has found. */
  int position(Column column) {
    return find(column)
        .orElseThrow(() -> new IllegalArgumentException("No column " + column.name()));
  }

  /** The headers, normalised, in file order. */
  List<String> names() {
    return List.copyOf(positions.keySet());
  }

  /** Errors: {@link InputException} that lists every missing column and what was found. */
  void require(List<Column> columns) {
    List<String> missing = new ArrayList<>();
    for (Column column : columns) {
      if (find(column).isEmpty()) {
        missing.add(
            column.headers().stream()
                .map(header -> "'" + header + "'")
                .collect(Collectors.joining(" or ")));
      }
    }
    if (!missing.isEmpty()) {
      throw new InputException(
          "Cannot read "
              + file
              + ": "
              + (missing.size() == 1 ? "column " : "columns ")
              + String.join(", ", missing)
              + (missing.size() == 1 ? " is missing" : " are missing")
              + "\n  row:   1 (the header)"
              + "\n  found: "
              + String.join(", ", positions.keySet())
              + "\n  cause: another table, another version of the data set, or a header line that"
              + " was lost"
              + "\n  fix:   put the data set's original file there");
    }
  }
}
