package io.cogaze.synthetic;

import io.cogaze.dicom.DicomWriter;
import io.cogaze.image.ImageCodec;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.HashingOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Makes the images of one chunk, a fixed range of indices whatever the parallelism: writes their
 * files and, for each table, one part under a unique name. A second attempt writes the same bytes.
 */
final class ChunkTask implements Function<Integer, ChunkTask.Done> {
  private static final long serialVersionUID = 1L;

  /** Images of a chunk. */
  static final int IMAGES = 50;

  private final URI output;
  private final SyntheticSettings settings;
  private final int images;
  private final long seed;
  private final Broadcast<SerializableConfiguration> hadoop;

  ChunkTask(
      URI output,
      SyntheticSettings settings,
      int images,
      long seed,
      Broadcast<SerializableConfiguration> hadoop) {
    this.output = output;
    this.settings = settings;
    this.images = images;
    this.seed = seed;
    this.hadoop = hadoop;
  }

  /** A part of a table: its path below the output folder and its records. */
  record Part(String name, long rows) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /**
   * @param images images of each class that occurs
   * @param patients patients whose first image is in the chunk
   * @param sha256 of all image files and masks, in order
   */
  record Done(
      int chunk, Map<Table, Part> parts, Map<Disease, Long> images, long patients, String sha256)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  @Override
  public Done call(Integer chunk) throws IOException {
    try (FileSystem fs = open(output, hadoop.value().value())) {
      return new Writer(fs, new Path(output)).write(chunk);
    }
  }

  /** A file system of our own that writes no checksum files beside the data set's. */
  static FileSystem open(URI output, Configuration configuration) throws IOException {
    FileSystem fs = FileSystem.newInstance(new Path(output).toUri(), configuration);
    if (fs instanceof LocalFileSystem) {
      fs.setWriteChecksum(false);
    }
    return fs;
  }

  private final class Writer {
    private final FileSystem fs;
    private final Path root;
    private final Map<Table, StringBuilder> text = new EnumMap<>(Table.class);
    private final HashingOutputStream content =
        new HashingOutputStream(OutputStream.nullOutputStream());

    Writer(FileSystem fs, Path root) {
      this.fs = fs;
      this.root = root;
      for (Table table : Table.values()) {
        text.put(table, new StringBuilder());
      }
    }

    Done write(int chunk) throws IOException {
      Cohort cohort = new Cohort(settings, seed);
      PhantomRenderer renderer = new PhantomRenderer(settings);
      Reader reader = new Reader(settings);
      GazeTable gaze = new GazeTable(settings, text.get(Table.EYE_GAZE), text.get(Table.FIXATIONS));
      long first = (long) chunk * IMAGES;
      long end = Math.min(images, first + IMAGES);
      Map<Disease, Long> classes = new EnumMap<>(Disease.class);
      long patients = 0;
      long boxes = 0;
      for (long index = first; index < end; index++) {
        CasePlan plan = cohort.plan(index);
        Phantom phantom = renderer.render(plan);
        Reading reading = reader.read(plan, phantom.frame(), phantom.targets());
        gaze.append(plan, reading);
        MasterSheet.append(text.get(Table.MASTER_SHEET), plan, phantom.effusion());
        boxes +=
            BoundingBoxes.append(
                text.get(Table.BOUNDING_BOXES), plan, phantom.frame(), phantom.anatomy());
        files(plan, phantom, reading);
        classes.merge(plan.disease(), 1L, Long::sum);
        patients += plan.patientIndex() == index ? 1 : 0;
      }
      Map<Table, Part> parts = new EnumMap<>(Table.class);
      for (Table table : Table.values()) {
        long rows =
            switch (table) {
              case EYE_GAZE -> gaze.sampleRows();
              case FIXATIONS -> gaze.fixationRows();
              case BOUNDING_BOXES -> boxes;
              case MASTER_SHEET -> end - first;
            };
        parts.put(table, part(table, chunk, rows));
      }
      return new Done(chunk, parts, classes, patients, content.sha256());
    }

    private Part part(Table table, int chunk, long rows) throws IOException {
      String name =
          FolderCommit.fileName(Layout.PARTS + "/" + chunk + "-" + table.fileName(), ".part");
      byte[] bytes = text.get(table).toString().getBytes(StandardCharsets.UTF_8);
      try (OutputStream out = fs.create(new Path(root, name), false)) {
        out.write(bytes);
      }
      return new Part(name, rows);
    }

    private void files(CasePlan plan, Phantom phantom, Reading reading) throws IOException {
      put(
          Layout.MIMIC + "/" + plan.path(),
          DicomWriter.toBytes(StoredPicture.of(plan, phantom.grey())));
      OrganMasks masks = new OrganMasks(phantom.frame(), phantom.anatomy());
      String folder = Layout.masks(plan);
      put(folder + "/left_lung.png", ImageCodec.writePng(masks.leftLung()));
      put(folder + "/right_lung.png", ImageCodec.writePng(masks.rightLung()));
      // The data set's own spelling.
      put(folder + "/mediastanum.png", ImageCodec.writePng(masks.mediastinum()));
      put(folder + "/aortic_knob.png", ImageCodec.writePng(masks.aorticKnob()));
      put(folder + "/transcript.json", Transcript.of(plan, reading.seconds()));
    }

    private void put(String name, byte[] bytes) throws IOException {
      content.write(name.getBytes(StandardCharsets.UTF_8));
      content.write(bytes);
      try (OutputStream out = fs.create(new Path(root, name), true)) {
        out.write(bytes);
      }
    }
  }
}
