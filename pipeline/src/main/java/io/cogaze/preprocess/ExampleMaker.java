package io.cogaze.preprocess;

import io.cogaze.dataset.GazeTrack;
import io.cogaze.dataset.KeyedHash;
import io.cogaze.dataset.Reason;
import io.cogaze.dataset.StudyRow;
import io.cogaze.dicom.DicomException;
import io.cogaze.dicom.DicomImage;
import io.cogaze.dicom.DicomReader;
import io.cogaze.dicom.Display;
import io.cogaze.gaze.Border;
import io.cogaze.gaze.GazePoint;
import io.cogaze.gaze.HeatMap;
import io.cogaze.image.BitMask;
import io.cogaze.image.Canvas;
import io.cogaze.image.GreyEncoding;
import io.cogaze.image.GreyImage;
import io.cogaze.image.ImageCodec;
import io.cogaze.image.ImageFormatException;
import io.cogaze.image.Intensity;
import io.cogaze.image.Placement;
import io.cogaze.image.Reduction;
import io.cogaze.run.Sha256;
import io.cogaze.shard.Example;
import io.cogaze.shard.Fingerprint;
import io.cogaze.shard.Geometry;
import io.cogaze.shard.Issue;
import io.cogaze.shard.SaliencyTarget;
import io.cogaze.shard.ShardFixation;
import io.cogaze.shard.ShardTables;
import io.cogaze.shard.Split;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an example from a study: decodes the image, puts it on the canvas, renders the gaze map.
 * The result depends on the study, its gaze and the settings only. Not thread safe.
 */
final class ExampleMaker {
  private static final Logger LOG = LoggerFactory.getLogger(ExampleMaker.class);
  private static final int MOST_BYTES = 1 << 29;
  private static final float WHITE = 65535f;

  /** What makes an image of a file. */
  interface Decoder {
    DicomImage read(InputStream in) throws IOException;
  }

  private final Configuration conf;
  private final Decoder decoder;
  private final PreprocessSettings settings;
  private final Canvas canvas;
  private final int repeats;
  private final KeyedHash pseudonyms;

  ExampleMaker(Configuration conf, PreprocessSettings settings) {
    this(conf, settings, DicomReader::read);
  }

  ExampleMaker(Configuration conf, PreprocessSettings settings, Decoder decoder) {
    this.conf = conf;
    this.decoder = decoder;
    this.settings = settings;
    this.canvas = settings.canvas().canvas();
    this.repeats = settings.canvas().repeats();
    this.pseudonyms = new KeyedHash(settings.pseudonymKey());
  }

  /** An example, or why there is none. Exactly one of the first two is there. */
  record Made(
      Optional<Example> example, Optional<Issue> quarantined, List<Fingerprint> fingerprint) {}

  /**
   * @param raw raw samples, merged; empty when the table has none for the image
   * @param fixations likewise
   * @param warnings receives what the example lacks
   * @throws IOException if the file system fails; a damaged file is no such failure, nor is one
   *     that makes the code fail: that one is quarantined and logged
   */
  Made make(
      StudyRow study,
      Split split,
      Optional<GazeTrack> raw,
      Optional<GazeTrack> fixations,
      List<Issue> warnings)
      throws IOException {
    int before = warnings.size();
    try {
      return made(study, split, raw, fixations, warnings);
    } catch (RuntimeException | StackOverflowError e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      warnings.subList(before, warnings.size()).clear();
      LOG.warn("Cannot make an example of {}, which is left out: {}", study.imageName(), e);
      LOG.debug("The failure in full", e);
      return quarantined(
          study,
          Reason.EXAMPLE_FAILURE.name(),
          "making an example of "
              + study.imageName()
              + " failed unexpectedly with "
              + e
              + "; fix: download the file again; if that does not help, report it as a bug");
    }
  }

  private Made made(
      StudyRow study,
      Split split,
      Optional<GazeTrack> raw,
      Optional<GazeTrack> fixations,
      List<Issue> warnings)
      throws IOException {
    DicomImage dicom;
    try (InputStream in = open(study.image())) {
      dicom = decoder.read(in);
    } catch (FileNotFoundException e) {
      return quarantined(
          study,
          Reason.IMAGE_MISSING.name(),
          "no file "
              + study.imageName()
              + "; fix: download it, or remove the row of "
              + study.imageId());
    } catch (DicomException e) {
      if (e.reason() == DicomException.Reason.DECODER_FAILURE) {
        LOG.warn("Cannot decode {}, which is left out: {}", study.imageName(), e.getMessage());
        LOG.debug("The failure in full", e);
      }
      return quarantined(
          study,
          "DICOM_" + e.reason().name(),
          "cannot decode "
              + study.imageName()
              + ": "
              + e.getMessage()
              + "; fix: download the file again");
    }
    Placement place = canvas.place(dicom.columns() * repeats, dicom.rows() * repeats);
    check(study, dicom, warnings);
    short[] pixels = pixels(dicom);
    Map<String, byte[]> masks = masks(study, dicom, warnings);
    Target target =
        target(
            study,
            settings.gaze().source() == GazeSettings.Source.RAW ? raw : fixations,
            dicom,
            place,
            warnings);
    Example example =
        new Example(
            study.exampleId(),
            study.imageId(),
            pseudonyms.of("study " + study.studyId()),
            pseudonyms.of("patient " + study.patientId()),
            study.dataset(),
            study.reader(),
            split,
            canvas.reducedHeight(),
            canvas.reducedWidth(),
            pixels,
            target.map(),
            masks,
            study.labels(),
            fixations.map(track -> fixations(track, dicom, place)).orElse(List.of()),
            new Geometry(
                dicom.columns(),
                dicom.rows(),
                (double) place.offsetX() / repeats,
                (double) place.offsetY() / repeats,
                (double) place.reduction() / repeats));
    return new Made(Optional.of(example), Optional.empty(), List.of(fingerprint(example, target)));
  }

  /** What is odd about an image that can be decoded. */
  private static void check(StudyRow study, DicomImage dicom, List<Issue> warnings) {
    String patient = dicom.ids().patientId().strip();
    if (patient.matches("[0-9]+")
        && study.patientId().matches("[0-9]+")
        && !patient.replaceFirst("^0+(?=.)", "").equals(study.patientId())) {
      warnings.add(
          warning(
              study,
              "decode",
              Reason.PATIENT_DIFFERS,
              "the image file names another patient than the table, by which splits are made; fix:"
                  + " correct the table's patient id, or the row's path"));
    }
    int pixels = dicom.rows() * dicom.columns();
    int next = 1;
    while (next < pixels && dicom.sample(next) == dicom.sample(0)) {
      next++;
    }
    if (next == pixels) {
      warnings.add(
          warning(
              study,
              "decode",
              Reason.CONSTANT_IMAGE,
              "all pixels of the image have one value, so it shows nothing; fix: download it again,"
                  + " or remove the row"));
    }
  }

  private Made quarantined(StudyRow study, String reason, String message) {
    return new Made(
        Optional.empty(),
        Optional.of(
            new Issue(study.source(), study.line(), study.exampleId(), "decode", reason, message)),
        List.of());
  }

  private FSDataInputStream open(String location) throws IOException {
    Path path = new Path(location);
    return path.getFileSystem(conf).open(path);
  }

  /** Grey values on the reduced canvas, unsigned 16 bit. */
  private short[] pixels(DicomImage dicom) {
    GreyImage stored = new GreyImage(dicom.columns(), dicom.rows(), dicom.storedValues());
    GreyImage scaled = Intensity.scale(stored, encoding(dicom), settings.intensity().settings());
    GreyImage reduced = canvas.reduce(repeated(scaled), settings.canvas().method());
    short[] pixels = new short[reduced.values().length];
    for (int i = 0; i < pixels.length; i++) {
      float value = Math.min(1, Math.max(0, reduced.values()[i]));
      pixels[i] = (short) Math.round(value * WHITE);
    }
    return pixels;
  }

  private static GreyEncoding encoding(DicomImage dicom) {
    Display display = dicom.display();
    return new GreyEncoding(
        dicom.format().smallest(),
        dicom.format().largest(),
        dicom.monochrome1(),
        display.relationshipSign(),
        display
            .storedWindow()
            .map(window -> new GreyEncoding.Ramp(window.center(), window.width())),
        display.padding().map(range -> new GreyEncoding.Range(range.low(), range.high())));
  }

  private GreyImage repeated(GreyImage image) {
    if (repeats == 1) {
      return image;
    }
    GreyImage large = GreyImage.black(image.width() * repeats, image.height() * repeats);
    int width = large.width();
    for (int y = 0; y < image.height(); y++) {
      int row = y * repeats * width;
      for (int x = 0; x < width; x++) {
        large.values()[row + x] = image.values()[y * image.width() + x / repeats];
      }
      for (int i = 1; i < repeats; i++) {
        System.arraycopy(large.values(), row, large.values(), row + i * width, width);
      }
    }
    return large;
  }

  private Map<String, byte[]> masks(StudyRow study, DicomImage dicom, List<Issue> warnings)
      throws IOException {
    Map<String, byte[]> masks = new TreeMap<>();
    List<String> missing = new ArrayList<>();
    for (Map.Entry<String, String> entry : study.masks().entrySet()) {
      try (InputStream in = open(entry.getValue())) {
        BitMask mask = ImageCodec.readMask(in.readNBytes(MOST_BYTES));
        if (mask.width() != dicom.columns() || mask.height() != dicom.rows()) {
          throw new ImageFormatException(
              "it is %d x %d, the image %d x %d (width x height)"
                  .formatted(mask.width(), mask.height(), dicom.columns(), dicom.rows()));
        }
        masks.put(entry.getKey(), reduced(mask).bits());
      } catch (FileNotFoundException e) {
        missing.add(entry.getKey());
      } catch (ImageFormatException e) {
        warnings.add(
            warning(
                study,
                "mask",
                Reason.MASK_UNREADABLE,
                "mask "
                    + entry.getKey()
                    + " is left out: "
                    + e.getMessage()
                    + "; fix: download "
                    + entry.getValue()
                    + " again"));
      }
    }
    if (!missing.isEmpty()) {
      warnings.add(
          warning(
              study,
              "mask",
              Reason.MASK_MISSING,
              "no mask file of " + String.join(", ", missing) + "; the example has none of them"));
    }
    return masks;
  }

  /** The mask on the reduced canvas: as the canvas reduces the repeated mask, but without it. */
  private BitMask reduced(BitMask mask) {
    if (repeats == 1) {
      return canvas.reduce(mask, settings.canvas().method());
    }
    if (settings.canvas().method() == Reduction.STRIDE) {
      BitMask large =
          BitMask.of(
              mask.width() * repeats,
              mask.height() * repeats,
              (x, y) -> mask.at(x / repeats, y / repeats));
      return canvas.reduce(large, Reduction.STRIDE);
    }
    Placement place = canvas.place(mask.width() * repeats, mask.height() * repeats);
    int width = canvas.reducedWidth();
    int height = canvas.reducedHeight();
    int[] columns = boxes(mask.width(), place.offsetX(), width);
    int[] rows = boxes(mask.height(), place.offsetY(), height);
    int[] counts = new int[height * width];
    for (int y = 0; y < mask.height(); y++) {
      for (int x = 0; x < mask.width(); x++) {
        if (mask.at(x, y)) {
          count(x, y, columns, rows, counts, width);
        }
      }
    }
    long half = (long) canvas.reduction() * canvas.reduction();
    return BitMask.of(width, height, (x, y) -> 2L * counts[y * width + x] >= half);
  }

  /** The box of each repeated pixel along one side, or -1 where the canvas crops it. */
  private int[] boxes(int size, int offset, int reducedSize) {
    int[] boxes = new int[size * repeats];
    for (int i = 0; i < boxes.length; i++) {
      int box = Math.floorDiv(i + offset, canvas.reduction());
      boxes[i] = box >= 0 && box < reducedSize ? box : -1;
    }
    return boxes;
  }

  private void count(int x, int y, int[] columns, int[] rows, int[] counts, int width) {
    for (int i = 0; i < repeats; i++) {
      int row = rows[y * repeats + i];
      for (int k = 0; k < repeats && row >= 0; k++) {
        int column = columns[x * repeats + k];
        if (column >= 0) {
          counts[row * width + column]++;
        }
      }
    }
  }

  /** A gaze map and what went into it. */
  private record Target(
      Optional<SaliencyTarget> map, long points, long offImage, double croppedShare) {}

  private Target target(
      StudyRow study,
      Optional<GazeTrack> found,
      DicomImage dicom,
      Placement place,
      List<Issue> warnings) {
    if (found.isEmpty()) {
      warnings.add(
          warning(
              study,
              "gaze",
              Reason.NO_GAZE,
              "the gaze table has no row of this image; the example has no gaze map"));
      return new Target(Optional.empty(), 0, 0, 0);
    }
    GazeTrack track = found.get();
    List<GazePoint> points = new ArrayList<>(track.size());
    long offImage = 0;
    for (int i = 0; i < track.size(); i++) {
      if (isOff(track, i, dicom)) {
        offImage++;
        continue;
      }
      points.add(
          new GazePoint(
              canvasX(track.x()[i], place),
              canvasY(track.y()[i], place),
              settings.gaze().source() == GazeSettings.Source.RAW
                  ? 1
                  : Math.max(0, track.durationS()[i])));
    }
    int height = canvas.reducedHeight();
    int width = canvas.reducedWidth();
    Optional<float[]> map =
        HeatMap.render(
            points, height, width, settings.gaze().kernel(settings.canvas()), Border.REFLECT_101);
    double cropped = points.isEmpty() ? 0 : 1 - HeatMap.shareInside(points, height, width);
    if (map.isEmpty()) {
      warnings.add(
          warning(
              study,
              "gaze",
              Reason.GAZE_ZERO_MASS,
              ("of %d gaze rows %d are invalid, %d off the image and %d off the canvas or without"
                      + " weight; the example has no gaze map")
                  .formatted(
                      track.rows(), track.invalid() + track.malformed(), offImage, points.size())));
    } else if (cropped > 0) {
      warnings.add(
          warning(
              study,
              "gaze",
              Reason.GAZE_CROPPED,
              String.format(
                  Locale.ROOT,
                  "the canvas of %d x %d cuts off %.2f %% of the gaze of this image of %d x %d"
                      + " (width x height); fix if it is much: a larger cogaze.preprocess.canvas",
                  canvas.width() / repeats,
                  canvas.height() / repeats,
                  100 * cropped,
                  dicom.columns(),
                  dicom.rows())));
    }
    return new Target(map.map(ExampleMaker::quantised), points.size(), offImage, cropped);
  }

  private static boolean isOff(GazeTrack track, int i, DicomImage dicom) {
    return track.x()[i] < 0
        || track.y()[i] < 0
        || track.x()[i] >= dicom.columns()
        || track.y()[i] >= dicom.rows();
  }

  /** Position on the reduced canvas of the centre of an image pixel. */
  private double canvasX(int x, Placement place) {
    return place.toCanvasX((x + 0.5) * repeats);
  }

  private double canvasY(int y, Placement place) {
    return place.toCanvasY((y + 0.5) * repeats);
  }

  /** 16-bit values whose scale makes their sum 1. */
  static SaliencyTarget quantised(float[] map) {
    float max = 0;
    for (float value : map) {
      max = Math.max(max, value);
    }
    short[] values = new short[map.length];
    long sum = 0;
    for (int i = 0; i < map.length; i++) {
      int value = Math.round(map[i] / max * WHITE);
      values[i] = (short) value;
      sum += value;
    }
    return new SaliencyTarget(values, (float) (1.0 / sum));
  }

  private List<ShardFixation> fixations(GazeTrack track, DicomImage dicom, Placement place) {
    List<ShardFixation> list = new ArrayList<>();
    for (int i = 0; i < track.size(); i++) {
      if (!isOff(track, i, dicom)) {
        list.add(
            new ShardFixation(
                (float) canvasX(track.x()[i], place),
                (float) canvasY(track.y()[i], place),
                track.startS()[i] * 1000,
                track.durationS()[i] * 1000));
      }
    }
    return list;
  }

  private static Issue warning(StudyRow study, String stage, Reason reason, String message) {
    return new Issue(
        study.source(), study.line(), study.exampleId(), stage, reason.name(), message);
  }

  private static Fingerprint fingerprint(Example example, Target target) {
    double sum = 0;
    double squares = 0;
    for (short pixel : example.pixels()) {
      double value = (pixel & 0xFFFF) / (double) WHITE;
      sum += value;
      squares += value * value;
    }
    double mean = sum / example.pixels().length;
    double variance = squares / example.pixels().length - mean * mean;
    return new Fingerprint(
        example.exampleId(),
        example.split(),
        Sha256.of(ShardTables.littleEndian(example.pixels())),
        target.map().map(ExampleMaker::sha256).orElse(""),
        example.geometry().originalWidth(),
        example.geometry().originalHeight(),
        mean,
        Math.sqrt(Math.max(0, variance)),
        target.points(),
        target.offImage(),
        target.croppedShare());
  }

  private static String sha256(SaliencyTarget map) {
    byte[] values = ShardTables.littleEndian(map.values());
    return Sha256.of(
        ByteBuffer.allocate(values.length + 4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(values)
            .putFloat(map.scale())
            .array());
  }
}
