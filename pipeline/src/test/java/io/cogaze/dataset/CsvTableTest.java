package io.cogaze.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTableTest {
  private static final Column ID = Column.of("id", "identifier");
  private static final Column TEXT = Column.of("text");

  @TempDir Path folder;
  private FileSystem fs;

  @BeforeEach
  void openFileSystem() throws IOException {
    fs = FileSystem.getLocal(new Configuration());
  }

  private List<CsvRow> read(byte[] bytes) throws IOException {
    return read("table.csv", bytes);
  }

  private List<CsvRow> read(String name, byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve(name), bytes);
    List<CsvRow> rows = new ArrayList<>();
    try (CsvTable table = CsvTable.open(fs, new org.apache.hadoop.fs.Path(file.toString()))) {
      table.header().require(List.of(ID, TEXT));
      for (Optional<CsvRow> row = table.next(); row.isPresent(); row = table.next()) {
        rows.add(row.get());
      }
    }
    return rows;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n"})
  void quotedCommasQuotesAndLineBreaksStayInTheirCellAndLinesAreCounted(String end)
      throws IOException {
    String text =
        String.join(
            end, "id,text", "1,\"a, b\"", "2,\"two", "lines \"\"here\"\"\"", "#3,plain", "4,", "");
    List<CsvRow> rows = read(utf8(text));
    assertThat(rows)
        .extracting(row -> row.text(ID).orElse(""))
        .containsExactly("1", "2", "#3", "4");
    assertThat(rows).extracting(CsvRow::line).containsExactly(2L, 3L, 5L, 6L);
    assertThat(rows.get(0).text(TEXT)).contains("a, b");
    assertThat(rows.get(1).text(TEXT).orElse("").replace("\r", ""))
        .isEqualTo("two\nlines \"here\"");
    assertThat(rows.get(3).text(TEXT)).isEmpty();
  }

  @Test
  void headersAreFoundWithByteOrderMarkOtherCaseBlanksAndAliases() throws IOException {
    List<CsvRow> rows = read(utf8("\uFEFF Identifier ,TEXT,other\n7,x,y\n"));
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).text(ID)).contains("7");
    assertThat(rows.get(0).text(TEXT)).contains("x");
    assertThat(rows.get(0).text(Column.of("absent"))).isEmpty();
  }

  @Test
  void gzipIsReadWhereNameAndContentAgree() throws IOException {
    assertThat(read("table.csv.gz", gzip("id,text\n1,\"\u00e9\"\n")).get(0).text(TEXT))
        .contains("\u00e9");
  }

  @Test
  void gzipUnderAnotherNameIsRefusedBecauseTasksGoByTheName() {
    assertThatThrownBy(() -> read("table.csv", gzip("id,text\n1,x\n")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("table.csv")
        .hasMessageContaining("it is gzip, but its name says otherwise");
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(utf8(text));
    }
    return bytes.toByteArray();
  }

  @Test
  void aMissingColumnIsNamedWithWhatWasFound() {
    assertThatThrownBy(() -> read(utf8("name,words\n1,2\n")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("table.csv")
        .hasMessageContaining("columns 'id' or 'identifier', 'text' are missing")
        .hasMessageContaining("found: name, words");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\uFEFF"})
  void anEmptyFileIsAnErrorThatNamesIt(String content) {
    assertThatThrownBy(() -> read(utf8(content)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("table.csv");
  }

  @Test
  void aMissingFileIsAnErrorThatNamesIt() {
    assertThatThrownBy(
            () -> CsvTable.open(fs, new org.apache.hadoop.fs.Path(folder.toString(), "none.csv")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none.csv: no such file");
  }
}
