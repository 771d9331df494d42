package io.cogaze.shard;

import io.cogaze.error.InputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.ParquetRuntimeException;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;

/**
 * A Parquet table of records of type T: its schema and the two conversions. Files carry the schema
 * version under the key {@value #VERSION_KEY}; their bytes depend on the rows and the storage
 * settings only.
 */
public final class ParquetTable<T> {
  /** Key of the schema version in the file's key-value metadata. */
  public static final String VERSION_KEY = "cogaze.schema-version";

  private final MessageType schema;
  private final int version;
  private final BiConsumer<T, Group> fill;
  private final Function<Group, T> read;

  /**
   * @param version schema version; a reader refuses files of another one
   * @param fill copies a row's values into an empty group of the schema
   * @param read the inverse
   */
  public ParquetTable(
      MessageType schema, int version, BiConsumer<T, Group> fill, Function<Group, T> read) {
    this.schema = schema;
    this.version = version;
    this.fill = fill;
    this.read = read;
  }

  /** The Parquet schema of the files. */
  public MessageType schema() {
    return schema;
  }

  /** Opens a new file for writing; it must not exist. */
  public Writer<T> writer(FileSystem fs, Path file, StorageSettings storage) throws IOException {
    HashingOutputFile output = new HashingOutputFile(fs, file);
    // parquet-mr has no limit on the rows of a row group. A size limit of one byte that is looked
    // at only every n-th row is one.
    ParquetLogging.withoutRowGroupWarnings();
    ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(output)
            .withType(schema)
            .withExtraMetaData(Map.of(VERSION_KEY, Integer.toString(version)))
            .withConf(new Configuration(fs.getConf()))
            .withCompressionCodec(storage.compression().codec())
            .withRowGroupSize(1L)
            .withMinRowCountForPageSizeCheck(storage.rowsPerRowGroup())
            .withMaxRowCountForPageSizeCheck(storage.rowsPerRowGroup())
            .withDictionaryEncoding(false)
            .withStatisticsTruncateLength(64)
            .withPageWriteChecksumEnabled(true)
            .build();
    return new Writer<>(this, output, writer, storage.rowsPerRowGroup());
  }

  /** Writes one whole file. */
  public WrittenFile writeAll(FileSystem fs, Path file, StorageSettings storage, Iterable<T> rows)
      throws IOException {
    Writer<T> writer = writer(fs, file, storage);
    try (writer) {
      for (T row : rows) {
        writer.write(row);
      }
    }
    return writer.written();
  }

  /** Opens a file. Errors: {@link InputException} if it is missing, damaged or another version. */
  public Reader<T> reader(Configuration conf, Path file) {
    ParquetFileReader reader;
    try {
      reader =
          ParquetFileReader.open(
              HadoopInputFile.fromPath(file, conf),
              HadoopReadOptions.builder(conf, file).usePageChecksumVerification(true).build());
    } catch (FileNotFoundException e) {
      throw new InputException(
          "Cannot read "
              + file
              + ": no such file"
              + "\n  cause: it was removed after its folder was written"
              + "\n  fix: run the step that wrote it again",
          e);
    } catch (IOException | RuntimeException e) {
      // parquet-mr throws a bare RuntimeException for a file that does not end as Parquet does.
      throw damaged(file, e);
    }
    Reader<T> rows = new Reader<>(this, file, reader);
    String found = reader.getFileMetaData().getKeyValueMetaData().get(VERSION_KEY);
    if (!Integer.toString(version).equals(found)) {
      rows.close();
      throw new InputException(
          "Cannot read "
              + file
              + ": schema version "
              + found
              + ", this CoGaze reads version "
              + version
              + "\n  fix: run the step that wrote it again with this CoGaze");
    }
    // A table with fewer columns than the file reads only these from disk.
    reader.setRequestedSchema(schema);
    return rows;
  }

  /** Reads one whole file. */
  public List<T> readAll(Configuration conf, Path file) {
    try (Reader<T> reader = reader(conf, file)) {
      List<T> rows = new ArrayList<>();
      for (int i = 0; i < reader.rowGroups(); i++) {
        rows.addAll(reader.readRowGroup(i));
      }
      return rows;
    }
  }

  private static InputException damaged(Path file, Exception cause) {
    return new InputException(
        "Cannot read "
            + file
            + ": "
            + cause.getMessage()
            + "\n  cause: the file is damaged, incomplete or not Parquet"
            + "\n  fix: run the step that wrote it again",
        cause);
  }

  /**
   * Makes one file of several of this table, in the given order, row group by row group without
   * decoding them. The parts stay.
   */
  public WrittenFile concatenate(FileSystem fs, List<Path> parts, Path file) throws IOException {
    HashingOutputFile output = new HashingOutputFile(fs, file);
    ParquetFileWriter writer =
        new ParquetFileWriter(
            output,
            schema,
            ParquetFileWriter.Mode.CREATE,
            ParquetWriter.DEFAULT_BLOCK_SIZE,
            ParquetWriter.MAX_PADDING_SIZE_DEFAULT,
            ParquetProperties.DEFAULT_COLUMN_INDEX_TRUNCATE_LENGTH,
            ParquetProperties.DEFAULT_STATISTICS_TRUNCATE_LENGTH,
            true);
    writer.start();
    long rows = 0;
    for (Path part : parts) {
      HadoopInputFile input = HadoopInputFile.fromPath(part, fs.getConf());
      try (ParquetFileReader reader = ParquetFileReader.open(input)) {
        rows += reader.getRecordCount();
      }
      writer.appendFile(input);
    }
    writer.end(Map.of(VERSION_KEY, Integer.toString(version)));
    return output.written(rows);
  }

  /** Writes rows to one file. Not thread safe. */
  public static final class Writer<T> implements AutoCloseable {
    private final ParquetTable<T> table;
    private final HashingOutputFile output;
    private final ParquetWriter<Group> writer;
    private final int rowsPerRowGroup;
    private long rows;
    private boolean closed;

    private Writer(
        ParquetTable<T> table,
        HashingOutputFile output,
        ParquetWriter<Group> writer,
        int rowsPerRowGroup) {
      this.table = table;
      this.output = output;
      this.writer = writer;
      this.rowsPerRowGroup = rowsPerRowGroup;
    }

    /** Appends a row and says where it lies. */
    public RowPosition write(T row) throws IOException {
      Group group = new SimpleGroup(table.schema);
      table.fill.accept(row, group);
      writer.write(group);
      RowPosition position =
          new RowPosition((int) (rows / rowsPerRowGroup), (int) (rows % rowsPerRowGroup));
      rows++;
      return position;
    }

    @Override
    public void close() throws IOException {
      if (!closed) {
        closed = true;
        writer.close();
      }
    }

    /** Size, hash and rows of the file. Call once, after {@link #close}. */
    public WrittenFile written() {
      if (!closed) {
        throw new IllegalStateException("The file is still open");
      }
      return output.written(rows);
    }
  }

  /** Reads row groups of one file in any order. Not thread safe. */
  public static final class Reader<T> implements AutoCloseable {
    private final ParquetTable<T> table;
    private final Path file;
    private final ParquetFileReader reader;

    private Reader(ParquetTable<T> table, Path file, ParquetFileReader reader) {
      this.table = table;
      this.file = file;
      this.reader = reader;
    }

    /** Number of row groups. */
    public int rowGroups() {
      return reader.getRowGroups().size();
    }

    /** Number of rows of the file. */
    public long rows() {
      return reader.getRecordCount();
    }

    /** The rows of a row group, counted from 0, in file order. */
    public List<T> readRowGroup(int rowGroup) {
      if (rowGroup < 0 || rowGroup >= rowGroups()) {
        throw new IllegalArgumentException(
            "Row group " + rowGroup + " of " + file + ", which has " + rowGroups());
      }
      try {
        PageReadStore pages = reader.readRowGroup(rowGroup);
        MessageColumnIO columns =
            new ColumnIOFactory()
                .getColumnIO(table.schema, reader.getFileMetaData().getSchema(), true);
        RecordReader<Group> records =
            columns.getRecordReader(pages, new GroupRecordConverter(table.schema));
        List<T> rows = new ArrayList<>((int) pages.getRowCount());
        for (long i = 0; i < pages.getRowCount(); i++) {
          rows.add(table.read.apply(records.read()));
        }
        return rows;
      } catch (IOException | ParquetRuntimeException e) {
        throw damaged(file, e);
      }
    }

    @Override
    public void close() {
      try {
        reader.close();
      } catch (IOException e) {
        throw damaged(file, e);
      }
    }
  }
}
