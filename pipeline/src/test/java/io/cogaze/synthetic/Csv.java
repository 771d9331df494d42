package io.cogaze.synthetic;

import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the written tables with somebody else's RFC-4180 parser. */
final class Csv {
  private Csv() {}

  static List<Map<String, String>> read(Path file) {
    CsvParserSettings settings = new CsvParserSettings();
    settings.getFormat().setLineSeparator("\n");
    settings.setMaxColumns(100);
    settings.setEmptyValue("");
    settings.setNullValue("");
    settings.setIgnoreLeadingWhitespaces(false);
    settings.setIgnoreTrailingWhitespaces(false);
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      List<String[]> rows = new CsvParser(settings).parseAll(reader);
      String[] header = rows.get(0);
      List<Map<String, String>> records = new ArrayList<>();
      for (String[] row : rows.subList(1, rows.size())) {
        if (row.length != header.length) {
          throw new IllegalStateException(
              file + ": a record of " + row.length + " fields under " + header.length + " names");
        }
        Map<String, String> record = new LinkedHashMap<>();
        for (int i = 0; i < row.length; i++) {
          record.put(header[i], row[i]);
        }
        records.add(record);
      }
      return records;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
