package io.cogaze.dataset;

import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import io.cogaze.error.InputException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.lib.input.FileInputFormat;
import org.apache.hadoop.mapreduce.lib.input.TextInputFormat;
import org.apache.hadoop.util.StringUtils;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;

/**
 * A large CSV table of gaze rows without quoted line breaks, read by tasks, never as a whole. Rows
 * of an image that stand together become one {@link GazeTrack}; an image whose rows lie in several
 * splits of the file gives several.
 */
public final class GazeTable implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What has a meaning in Hadoop's patterns of paths. */
  private static final Pattern PATTERN = Pattern.compile("[\\\\*?\\[\\]{}^]");

  private final String file;
  private final int imageId;
  private final int valid;
  private final int x;
  private final int y;
  private final int start;
  private final int duration;

  private GazeTable(String file, Layout layout, CsvHeader header) {
    this.file = file;
    this.imageId = header.position(layout.imageId());
    this.valid = header.position(layout.valid());
    this.x = header.position(layout.x());
    this.y = header.position(layout.y());
    this.start = header.position(layout.start());
    this.duration = layout.hasDuration() ? header.position(layout.duration()) : -1;
  }

  /** The columns of a gaze table; for raw samples the duration column is not read. */
  record Layout(
      Column imageId,
      Column valid,
      Column x,
      Column y,
      Column start,
      Column duration,
      boolean hasDuration) {
    List<Column> required() {
      List<Column> columns = new ArrayList<>(List.of(imageId, valid, x, y, start));
      if (hasDuration) {
        columns.add(duration);
      }
      return columns;
    }
  }

  /**
   * Checks the header and that there is a row.
   *
   * @throws InputException if the file is missing or empty, or lacks a column
   */
  static GazeTable open(FileSystem fs, Path file, Layout layout) {
    try (CsvTable table = CsvTable.open(fs, file)) {
      table.header().require(layout.required());
      if (table.next().isEmpty()) {
        throw new InputException(
            "Cannot read "
                + file
                + ": it has a header (row 1) but no rows"
                + "\n  cause: a download that broke off"
                + "\n  fix:   put the data set's original file there");
      }
      return new GazeTable(file.toString(), layout, table.header());
    }
  }

  /** The table's location. */
  public String file() {
    return file;
  }

  /** Image id to parts of its track, in no particular order. */
  public JavaPairRDD<String, GazeTrack> tracks(JavaSparkContext spark) {
    Configuration conf = new Configuration(spark.hadoopConfiguration());
    // Hadoop takes what it is asked to read as a pattern and splits it at commas.
    conf.set(
        FileInputFormat.INPUT_DIR,
        StringUtils.escapeString(PATTERN.matcher(file).replaceAll("\\\\$0")));
    return spark
        .newAPIHadoopRDD(conf, TextInputFormat.class, LongWritable.class, Text.class)
        .mapPartitionsToPair(lines -> new Tracks(this, lines));
  }

  /**
   * Line numbers (from 1) of rows by their byte offsets, counted by reading the file once up to the
   * largest offset; offsets of a compressed file are those of its content.
   *
   * @param offsets ascending
   */
  public static List<Long> lineNumbers(FileSystem fs, String file, List<Long> offsets) {
    List<Long> lines = new ArrayList<>();
    if (offsets.isEmpty()) {
      return lines;
    }
    try (java.io.InputStream in = CsvTable.openContent(fs, new Path(file))) {
      byte[] buffer = new byte[1 << 16];
      long position = 0;
      long line = 1;
      int next = 0;
      for (int n = in.read(buffer); n >= 0 && next < offsets.size(); n = in.read(buffer)) {
        for (int i = 0; i < n && next < offsets.size(); i++, position++) {
          while (next < offsets.size() && offsets.get(next) == position) {
            lines.add(line);
            next++;
          }
          if (buffer[i] == '\n') {
            line++;
          }
        }
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  /** Cuts consecutive rows of one image into a track. */
  private static final class Tracks implements Iterator<Tuple2<String, GazeTrack>> {
    private final GazeTable table;
    private final Iterator<Tuple2<LongWritable, Text>> lines;
    private final CsvParser parser;
    private String[] cells;
    private long offset;

    Tracks(GazeTable table, Iterator<Tuple2<LongWritable, Text>> lines) {
      this.table = table;
      this.lines = lines;
      CsvParserSettings settings = CsvTable.parserSettings();
      settings.setLineSeparatorDetectionEnabled(false);
      this.parser = new CsvParser(settings);
      advance();
    }

    /** Moves to the next row that is neither blank nor the header. */
    private void advance() {
      cells = null;
      while (cells == null && hasLine()) {
        Tuple2<LongWritable, Text> line = lines.next();
        offset = line._1().get();
        String text = line._2().toString();
        if (offset > 0 && !text.isBlank()) {
          cells = parser.parseLine(text);
        }
      }
    }

    private boolean hasLine() {
      try {
        return lines.hasNext();
      } catch (Exception e) {
        // Scala throws what Hadoop's reader throws without declaring it.
        if (CsvTable.isBadGzip(e)) {
          throw CsvTable.cutOff(table.file, e);
        }
        throw e;
      }
    }

    @Override
    public boolean hasNext() {
      return cells != null;
    }

    @Override
    public Tuple2<String, GazeTrack> next() {
      if (cells == null) {
        throw new NoSuchElementException();
      }
      String id = text(table.imageId);
      TrackBuilder track = new TrackBuilder(offset);
      while (cells != null && text(table.imageId).equals(id)) {
        add(track);
        advance();
      }
      return new Tuple2<>(id, track.build());
    }

    private void add(TrackBuilder track) {
      try {
        if (number(table.valid) != 1) {
          track.invalid++;
          return;
        }
        double duration = table.duration < 0 ? 0 : number(table.duration);
        // The reference truncates towards zero: -0.5 lies on pixel 0.
        track.add(
            (float) number(table.start),
            (float) duration,
            (int) number(table.x),
            (int) number(table.y));
      } catch (NumberFormatException e) {
        track.malformed++;
        track.firstMalformed = Math.min(track.firstMalformed, offset);
      }
    }

    private double number(int column) {
      double value = Double.parseDouble(text(column));
      if (!Double.isFinite(value)) {
        throw new NumberFormatException("not finite");
      }
      return value;
    }

    private String text(int column) {
      String text = column < cells.length ? cells[column] : null;
      return text == null ? "" : text.strip();
    }
  }

  /** Grows the arrays of a track. */
  private static final class TrackBuilder {
    private final long firstRow;
    private float[] startS = new float[1024];
    private float[] durationS = new float[1024];
    private int[] x = new int[1024];
    private int[] y = new int[1024];
    private int size;
    private long invalid;
    private long malformed;
    private long firstMalformed = Long.MAX_VALUE;

    TrackBuilder(long firstRow) {
      this.firstRow = firstRow;
    }

    void add(float start, float duration, int column, int row) {
      if (size == x.length) {
        startS = java.util.Arrays.copyOf(startS, 2 * size);
        durationS = java.util.Arrays.copyOf(durationS, 2 * size);
        x = java.util.Arrays.copyOf(x, 2 * size);
        y = java.util.Arrays.copyOf(y, 2 * size);
      }
      startS[size] = start;
      durationS[size] = duration;
      x[size] = column;
      y[size] = row;
      size++;
    }

    GazeTrack build() {
      return new GazeTrack(
          java.util.Arrays.copyOf(startS, size),
          java.util.Arrays.copyOf(durationS, size),
          java.util.Arrays.copyOf(x, size),
          java.util.Arrays.copyOf(y, size),
          invalid,
          malformed,
          firstRow,
          firstMalformed);
    }
  }
}
