package io.cogaze.dataset;

import io.cogaze.dicom.DicomIds;
import io.cogaze.dicom.DicomImage;
import io.cogaze.dicom.DicomWriter;
import io.cogaze.dicom.Display;
import io.cogaze.dicom.Photometric;
import io.cogaze.dicom.PixelFormat;
import io.cogaze.image.BitMask;
import io.cogaze.image.ImageCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A tiny EGD-CXR with its MIMIC-CXR tree: all columns, quoted line breaks, calibration rows,
 * invalid samples. Tests change its rows and files before or after {@link #write}.
 */
public final class EgdFixture {
  public static final List<String> CLASSES = List.of("Normal", "CHF", "pneumonia");
  public static final String MASTER_HEADER =
      "dicom_id,path,study_id,patient_id,stay_id,gender,anchor_age,image_top_pad,image_bottom_pad,"
          + "image_left_pad,image_right_pad,"
          + Stream.iterate(1, i -> i + 1)
              .limit(9)
              .map(i -> "dx" + i + ",dx" + i + "_icd")
              .collect(Collectors.joining(","))
          + ",normal_reports,Normal,CHF,pneumonia,consolidation,enlarged_cardiac_silhouette,"
          + "linear__patchy_atelectasis,lobar__segmental_collapse,"
          + "not_otherwise_specified_opacity___pleural__parenchymal_opacity__,"
          + "pleural_effusion_or_thickening,pulmonary_edema__hazy_opacity,normal_anatomically,"
          + "elevated_hemidiaphragm,hyperaeration,vascular_redistribution,atelectasis__chx,"
          + "cardiomegaly__chx,consolidation__chx,edema__chx,enlarged_cardiomediastinum__chx,"
          + "fracture__chx,lung_lesion__chx,lung_opacity__chx,no_finding__chx,"
          + "pleural_effusion__chx,pleural_other__chx,pneumonia__chx,pneumothorax__chx,"
          + "support_devices__chx,cxr_exam_indication";
  public static final String GAZE_HEADER =
      "SESSION_ID,MEDIA_ID,DICOM_ID,CNT,Time (in secs),TIMETICK(f=10000000),FPOGX,FPOGY,FPOGS,"
          + "FPOGD,FPOGID,FPOGV,BPOGX,BPOGY,BPOGV,LPCX,LPCY,LPD,LPS,LPV,RPCX,RPCY,RPD,RPS,RPV,BKID,"
          + "BKDUR,BKPMIN,LPMM,LPMMV,RPMM,RPMMV,SACCADE_MAG,SACCADE_DIR,VID_FRAME,X_ORIGINAL,"
          + "Y_ORIGINAL";

  public final Path root;
  public final Path tables;
  public final Path images;
  public final List<String> master = new ArrayList<>();
  public final List<String> gaze = new ArrayList<>();
  public final List<String> fixations = new ArrayList<>();
  private final int count;

  private EgdFixture(Path root, int count) {
    this.root = root;
    this.tables = root.resolve("egd-cxr/1.0.0");
    this.images = root.resolve("mimic-cxr/2.0.0");
    this.count = count;
  }

  /** Images of 40 x 48 and 48 x 40, classes in turn, patients with one or two images. */
  public static EgdFixture of(Path root, int count) {
    EgdFixture fixture = new EgdFixture(root, count);
    for (int i = 0; i < count; i++) {
      fixture.addImage(i);
    }
    return fixture;
  }

  public static String id(int i) {
    String hash = "%08x".formatted((i + 1) * 0x9E3779B1) + "-%08x".formatted(i).repeat(4);
    return hash.substring(0, 44);
  }

  /** Every seventh image belongs to the patient of the image three before, of the same class. */
  public static int patient(int i) {
    return 10_000_000 + (i % 7 == 6 ? i - 3 : i);
  }

  public static String path(int i) {
    return "files/p10/p%d/s%d/%s.dcm".formatted(patient(i), 50_000_000 + i, id(i));
  }

  public static int width(int i) {
    return i % 4 == 3 ? 48 : 40;
  }

  public static int height(int i) {
    return i % 4 == 3 ? 40 : 48;
  }

  private void addImage(int i) {
    master.add(masterRow(i, i % 3));
    SplittableRandom random = new SplittableRandom(i);
    String row = gazeRow(i, 0, 0, 0, 0);
    if (i % 5 == 0) {
      // A calibration stimulus before the image.
      gaze.add(row.replace(id(i), id(i).substring(0, 39)));
    }
    int centreX = random.nextInt(10, 30);
    int centreY = random.nextInt(10, 30);
    for (int k = 0; k < 30; k++) {
      int x = k == 5 ? -2 : centreX + random.nextInt(-4, 5);
      int y = centreY + random.nextInt(-4, 5);
      gaze.add(gazeRow(i, k, x, y, k == 7 ? 0 : 1));
      if (k % 10 == 9) {
        fixations.add(gazeRow(i, k, x, y, 1));
      }
    }
  }

  public static String masterRow(int i, int targetClass) {
    StringBuilder row = new StringBuilder();
    row.append(id(i)).append(',').append(path(i)).append(',').append(50_000_000 + i).append(',');
    row.append(patient(i)).append(".0,30000000,F,40 - 50,0,0,534,534,");
    row.append("\"Chest pain, unspecified\",R079").append(",".repeat(17)).append(",");
    for (int c = 0; c < 3; c++) {
      row.append(c == targetClass ? "1" : "0").append(',');
    }
    row.append("1,0,0,0,0,,0,0,0,0,0,"); // consolidation to vascular_redistribution
    row.append("1.0,,-1.0,0.0,,,,,,,,,,,"); // atelectasis__chx to support_devices__chx
    row.append("\"___ year old, with \"\"cough\"\"\nand fever\"");
    return row.toString();
  }

  public static String gazeRow(int i, int k, int x, int y, int valid) {
    double time = k / 60.0;
    return String.format(
        Locale.ROOT,
        "1,%d,%s,%d,%.5f,%.1f,0.5,0.5,%.5f,%.5f,%d,%d,0.5,0.5,1,"
            + "0.5,0.5,20,1,1,0.5,0.5,20,1,1,0,0,10,3,1,3,1,0,0,0.0,%d,%d",
        i,
        id(i),
        k,
        time,
        6.9e12 + k,
        Math.max(0, time - 0.1),
        0.1 + k / 300.0,
        k / 10,
        valid,
        x,
        y);
  }

  /** Writes tables, images and masks. */
  public EgdFixture write() {
    writeTables();
    for (int i = 0; i < count; i++) {
      put(images.resolve(path(i)), dicom(i, i));
      Path masks = tables.resolve("audio_segmentation_transcripts").resolve(id(i));
      BitMask mask = BitMask.of(width(i), height(i), (x, y) -> x < 20 && y < 20);
      for (String name : List.of("left_lung", "right_lung", "mediastanum", "aortic_knob")) {
        put(masks.resolve(name + ".png"), ImageCodec.writePng(mask));
      }
    }
    return this;
  }

  /** Writes the tables only: header, then rows, CRLF in the gaze table. */
  public EgdFixture writeTables() {
    text(tables.resolve("master_sheet.csv"), "\uFEFF" + MASTER_HEADER + "\n", master, "\n");
    text(tables.resolve("eye_gaze.csv"), GAZE_HEADER + "\r\n", gaze, "\r\n");
    text(tables.resolve("fixations.csv"), GAZE_HEADER + "\n", fixations, "\n");
    return this;
  }

  /** A picture of random numbers; odd images are MONOCHROME1. */
  public static byte[] dicom(int i, long seed) {
    PixelFormat format =
        PixelFormat.unsigned16(
            height(i),
            width(i),
            12,
            i % 2 == 1 ? Photometric.MONOCHROME1 : Photometric.MONOCHROME2);
    SplittableRandom random = new SplittableRandom(seed);
    short[] samples = new short[format.pixels()];
    for (int k = 0; k < samples.length; k++) {
      samples[k] = (short) random.nextInt(4096);
    }
    samples[0] = 4095;
    DicomIds ids =
        new DicomIds(
            DicomIds.DIGITAL_X_RAY,
            DicomIds.uidOf(id(i)),
            DicomIds.uidOf("study" + i),
            DicomIds.uidOf("series" + i),
            Integer.toString(patient(i)),
            Integer.toString(50_000_000 + i),
            "21800506",
            "213014.531",
            "DX",
            "PA");
    return DicomWriter.toBytes(new DicomImage(ids, format, Display.plain(), samples));
  }

  public static void text(Path file, String header, List<String> rows, String lineEnd) {
    String body = rows.stream().map(row -> row + lineEnd).collect(Collectors.joining());
    put(file, (header + body).getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  public static void put(Path file, byte[] bytes) {
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
