package io.cogaze.dataset;

import com.univocity.parsers.common.TextParsingException;
import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import io.cogaze.error.InputException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Streams a CSV file (RFC 4180: quoted commas, quotes and line breaks) record by record. Takes LF
 * and CRLF, a UTF-8 byte order mark, and gzip in files whose name ends in .gz.
 */
final class CsvTable implements AutoCloseable {
  private static final int GZIP_MAGIC = 0x1f8b;
  private static final String GZIP_NAME = ".gz";

  private final String file;
  private final QuoteGuard input;
  private final CsvParser parser;
  private final CsvHeader header;

  private CsvTable(String file, InputStream input) {
    this.file = file;
    this.input = new QuoteGuard(input);
    this.parser = new CsvParser(parserSettings());
    String[] cells;
    try {
      parser.beginParsing(this.input, "UTF-8");
      cells = parser.parseNext();
    } catch (RuntimeException e) {
      throw explained(e, 1);
    }
    if (cells == null) {
      throw new InputException(
          "Cannot read "
              + file
              + ": the file is empty, not even a header line"
              + "\n  cause: a download that broke off"
              + "\n  fix:   put the data set's original file there");
    }
    this.header = new CsvHeader(file, cells);
  }

  /** Settings of univocity's parser that make it follow RFC 4180 and nothing else. */
  static CsvParserSettings parserSettings() {
    CsvParserSettings settings = new CsvParserSettings();
    settings.setCommentProcessingEnabled(false);
    settings.setLineSeparatorDetectionEnabled(true);
    settings.setMaxCharsPerColumn(-1);
    settings.setMaxColumns(10_000);
    settings.setNullValue("");
    settings.setEmptyValue("");
    settings.setReadInputOnSeparateThread(false);
    return settings;
  }

  /**
   * Opens a file.
   *
   * @throws InputException if it is not there or has not even a header
   */
  static CsvTable open(FileSystem fs, Path file) {
    try {
      return new CsvTable(file.toString(), openContent(fs, file));
    } catch (FileNotFoundException e) {
      throw missing(file, e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  /** The bytes of a file, unpacked if they are gzip. */
  static InputStream openContent(FileSystem fs, Path file) throws IOException {
    BufferedInputStream raw = new BufferedInputStream(openFile(fs, file), 1 << 16);
    raw.mark(2);
    boolean gzip = ((raw.read() << 8) | raw.read()) == GZIP_MAGIC;
    raw.reset();
    boolean named = file.getName().endsWith(GZIP_NAME);
    if (gzip != named) {
      // Spark's tasks go by the name, so the content must agree with it.
      raw.close();
      String plain = named ? file.getName().replaceAll("\\.gz$", "") : file.getName();
      throw new InputException(
          "Cannot read "
              + file
              + ": it is "
              + (gzip ? "" : "not ")
              + "gzip, but its name says otherwise"
              + "\n  fix:   rename it to "
              + (gzip ? plain + GZIP_NAME : plain)
              + (gzip ? ", or unpack it" : ""));
    }
    if (!gzip) {
      return raw;
    }
    try {
      return new GZIPInputStream(raw, 1 << 16);
    } catch (EOFException e) {
      raw.close();
      throw cutOff(file.toString(), e);
    }
  }

  /** Opens a file. Errors: {@link InputException} if it is a folder. */
  static InputStream openFile(FileSystem fs, Path file) throws IOException {
    if (fs.getFileStatus(file).isDirectory()) {
      throw new InputException(
          "Cannot read "
              + file
              + ": it is a folder, and a file is expected"
              + "\n  fix:   put the data set's original file there");
    }
    return fs.open(file);
  }

  /** The explanation of a compressed file that ends too early or is damaged. */
  static InputException cutOff(String file, Throwable cause) {
    return new InputException(
        "Cannot read "
            + file
            + ": its compressed content is cut off or damaged ("
            + cause.getMessage()
            + ")"
            + "\n  cause: a download that broke off"
            + "\n  fix:   put the data set's original file there",
        cause);
  }

  /** Whether a failure to read is the fault of gzip content. */
  static boolean isBadGzip(Throwable e) {
    return e instanceof EOFException || e instanceof ZipException;
  }

  /** What the parser failed with, in our words where it is the file's fault. */
  private RuntimeException explained(RuntimeException failure, long line) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (isBadGzip(cause)) {
        return cutOff(file, cause);
      }
    }
    if (!(failure instanceof TextParsingException)) {
      return failure;
    }
    return new InputException(
        "Cannot read "
            + file
            + ": the record that starts on line "
            + line
            + " is no CSV"
            + "\n  cause: "
            + firstLine(failure)
            + "\n  fix:   put the data set's original file there",
        failure);
  }

  /** The path of {@code folder/name}, or of {@code folder/name.gz}, whichever is there. */
  static Optional<Path> find(FileSystem fs, Path folder, String name) {
    try {
      for (String candidate : new String[] {name, name + ".gz"}) {
        Path path = new Path(folder, candidate);
        if (fs.exists(path)) {
          return Optional.of(path);
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look into " + folder, e);
    }
  }

  static InputException missing(Path file, Throwable cause) {
    return new InputException(
        "Cannot read "
            + file
            + ": no such file (nor with .gz)"
            + "\n  cause: --input names another folder, or the download is incomplete"
            + "\n  fix:   check the folder against docs/datasets.md",
        cause);
  }

  CsvHeader header() {
    return header;
  }

  /** The next record, or empty at the end. */
  Optional<CsvRow> next() {
    // The parser counts line breaks that it has passed, so a record starts on the line after them.
    long line = parser.getContext().currentLine() + 1;
    try {
      String[] cells = parser.parseNext();
      if (cells != null) {
        return Optional.of(new CsvRow(header, cells, line));
      }
    } catch (RuntimeException e) {
      throw explained(e, line);
    }
    if (input.endsInQuotes()) {
      throw new InputException(
          "Cannot read "
              + file
              + ": the quote that opens on line "
              + input.openedOnLine()
              + " is never closed"
              + "\n  cause: a download that broke off, or an edited cell"
              + "\n  fix:   put the data set's original file there");
    }
    return Optional.empty();
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown");
  }

  @Override
  public void close() {
    parser.stopParsing();
    try {
      input.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close " + file, e);
    }
  }
}
