package io.cogaze.synthetic;

import io.cogaze.gaze.ImagePoint;
import io.cogaze.gaze.ScreenMapping;
import io.cogaze.gaze.ScreenPoint;
import java.util.List;

/**
 * Writes a reading as the rows of eye_gaze.csv (every sample of the tracker) and fixations.csv (the
 * last sample of each fixation), which share their 37 columns. Positions go through the data set's
 * own screen, so that X_ORIGINAL and Y_ORIGINAL follow from FPOGX and FPOGY as in the real files.
 */
final class GazeTable {
  static final String HEADER =
      "SESSION_ID,MEDIA_ID,DICOM_ID,CNT,Time (in secs),TIMETICK(f=10000000),FPOGX,FPOGY,FPOGS,FPOGD,"
          + "FPOGID,FPOGV,BPOGX,BPOGY,BPOGV,LPCX,LPCY,LPD,LPS,LPV,RPCX,RPCY,RPD,RPS,RPV,BKID,BKDUR,"
          + "BKPMIN,LPMM,LPMMV,RPMM,RPMMV,SACCADE_MAG,SACCADE_DIR,VID_FRAME,X_ORIGINAL,Y_ORIGINAL\n";

  /** Ids of calibration stimuli are cut to this length. */
  private static final int CALIBRATION_ID = 39;

  /** Time in the tables has five decimals. */
  private static final double TICKS = 100_000;

  private static final double[][] CALIBRATION = {
    {0.5, 0.5}, {0.1, 0.1}, {0.9, 0.1}, {0.9, 0.9}, {0.1, 0.9}, {0.5, 0.5}
  };

  private final SyntheticSettings settings;
  private final StringBuilder samples;
  private final StringBuilder fixations;
  private long sampleRows;
  private long fixationRows;

  GazeTable(SyntheticSettings settings, StringBuilder samples, StringBuilder fixations) {
    this.settings = settings;
    this.samples = samples;
    this.fixations = fixations;
  }

  long sampleRows() {
    return sampleRows;
  }

  long fixationRows() {
    return fixationRows;
  }

  /** The rows of one image, and of the calibration stimulus before it where one is due. */
  void append(CasePlan plan, Reading reading) {
    ScreenMapping mapping = mapping(plan);
    boolean calibrated = plan.imageIndex() % settings.imagesPerCalibration() == 0;
    long perSession = settings.imagesPerSession();
    long session = plan.imageIndex() / perSession;
    long start = session * perSession;
    long media =
        plan.imageIndex() - start + calibrations(plan.imageIndex()) - calibrations(start - 1);
    if (calibrated) {
      String id = plan.dicomId().substring(0, CALIBRATION_ID);
      new Rows(plan, id, session + 1, media - 1, calibration(plan, mapping), mapping, 1).write();
    }
    new Rows(plan, plan.dicomId(), session + 1, media, reading, mapping, 0).write();
  }

  static ScreenMapping mapping(CasePlan plan) {
    return new ScreenMapping(
        plan.width(), plan.height(), ScreenMapping.padsFor(plan.width(), plan.height()));
  }

  /** Calibration stimuli before and at this image. */
  private long calibrations(long imageIndex) {
    return imageIndex < 0 ? 0 : imageIndex / settings.imagesPerCalibration() + 1;
  }

  /** The eyes follow five dots and end at the centre. */
  private static Reading calibration(CasePlan plan, ScreenMapping mapping) {
    Draw draw = Draw.of(plan.seed(), plan.imageIndex(), "calibration");
    ImagePoint origin = mapping.toImage(new ScreenPoint(0.5, 0.5));
    ScreenPoint zero = mapping.toScreen(0, 0);
    ScreenPoint at = mapping.toScreen(origin.x(), origin.y());
    double scaleX = origin.x() / (at.x() - zero.x());
    double scaleY = origin.y() / (at.y() - zero.y());
    double now = 0.1;
    List<Reading.Fixation> looks = new java.util.ArrayList<>();
    for (double[] dot : CALIBRATION) {
      double end = now + draw.between(0.35, 0.6);
      double x = (dot[0] + draw.normal(0, 0.006) - zero.x()) * scaleX;
      double y = (dot[1] + draw.normal(0, 0.006) - zero.y()) * scaleY;
      looks.add(new Reading.Fixation(now, end, x, y));
      now = end + 0.07;
    }
    return new Reading(now, looks, List.of());
  }

  /** The samples of one stimulus. */
  private final class Rows {
    private final String id;
    private final long session;
    private final long media;
    private final Reading reading;
    private final ScreenMapping mapping;
    private final Draw draw;
    private final long clock;
    private int fixation;
    private int blink;
    private int samplesOfFixation;
    private long fixationStart;
    private long blinkDuration;
    private double fromX = 0.5;
    private double fromY = 0.5;
    private double magnitude;
    private double direction;
    private String pendingFixation = "";

    Rows(
        CasePlan plan,
        String id,
        long session,
        long media,
        Reading reading,
        ScreenMapping mapping,
        int kind) {
      this.id = id;
      this.session = session;
      this.media = media;
      this.reading = reading;
      this.mapping = mapping;
      this.draw = Draw.of(plan.seed(), plan.imageIndex(), kind == 0 ? "tracker" : "tracker 2");
      // 1,200 seconds of processor time between two stimuli: more than the longest reading.
      this.clock = 696_000_000_000L + (2 * plan.imageIndex() - kind) * 12_000_000_000L;
    }

    void write() {
      long last = (long) Math.floor(reading.seconds() * settings.samplesPerSecond());
      for (long k = 1; k <= last; k++) {
        boolean lost = draw.chance(settings.lostPacketShare());
        long ticks = Math.round(k * TICKS / settings.samplesPerSecond());
        sample(k, ticks, lost);
      }
      flush();
    }

    private void sample(long count, long ticks, boolean lost) {
      double seconds = ticks / TICKS;
      List<Reading.Fixation> looks = reading.fixations();
      while (fixation < looks.size() && looks.get(fixation).end() <= seconds) {
        leaveFixation(looks.get(fixation));
      }
      List<Reading.Blink> blinks = reading.blinks();
      blinkDuration = 0;
      while (blink < blinks.size() && blinks.get(blink).end() <= seconds) {
        blinkDuration = Math.round((blinks.get(blink).end() - blinks.get(blink).start()) * TICKS);
        blink++;
      }
      boolean closed = blink < blinks.size() && blinks.get(blink).start() <= seconds;
      boolean rests = fixation < looks.size() && looks.get(fixation).start() <= seconds;
      double noise = draw.between(-0.0016, 0.0016);
      double noiseY = draw.between(-0.0022, 0.0022);
      if (lost) {
        return;
      }
      double x = fromX;
      double y = fromY;
      long start = ticks;
      if (rests) {
        ScreenPoint goal = screen(looks.get(fixation));
        if (samplesOfFixation == 0) {
          enterFixation(goal, ticks);
        }
        samplesOfFixation++;
        x = goal.x() + noise / Math.sqrt(samplesOfFixation);
        y = goal.y() + noiseY / Math.sqrt(samplesOfFixation);
        start = fixationStart;
      } else if (!closed && fixation < looks.size()) {
        ScreenPoint goal = screen(looks.get(fixation));
        x = (x + goal.x()) / 2;
        y = (y + goal.y()) / 2;
      }
      int begin = samples.length();
      row(count, ticks, start, x, y, rests, closed, noise);
      sampleRows++;
      if (rests && samplesOfFixation > 1) {
        pendingFixation = samples.substring(begin);
      }
    }

    private void leaveFixation(Reading.Fixation left) {
      flush();
      if (samplesOfFixation > 0) {
        ScreenPoint at = screen(left);
        fromX = at.x();
        fromY = at.y();
      }
      fixation++;
      samplesOfFixation = 0;
    }

    private void enterFixation(ScreenPoint goal, long ticks) {
      fixationStart = ticks;
      double dx = (goal.x() - fromX) * ScreenMapping.SCREEN_WIDTH;
      double dy = (goal.y() - fromY) * ScreenMapping.SCREEN_HEIGHT;
      magnitude = Math.sqrt(dx * dx + dy * dy);
      direction = StrictMath.toDegrees(StrictMath.atan2(-dy, dx));
      direction = direction < 0 ? direction + 360 : direction;
    }

    private void flush() {
      if (!pendingFixation.isEmpty()) {
        fixations.append(pendingFixation);
        fixationRows++;
        pendingFixation = "";
      }
    }

    private ScreenPoint screen(Reading.Fixation look) {
      return mapping.toScreen(look.x(), look.y());
    }

    private void row(
        long count,
        long ticks,
        long start,
        double x,
        double y,
        boolean rests,
        boolean closed,
        double noise) {
      long screenX = Math.round(x * TICKS);
      long screenY = Math.round(y * TICKS);
      ImagePoint image = mapping.toImage(new ScreenPoint(screenX / TICKS, screenY / TICKS));
      double pupil = closed ? 0 : 3.4 + 0.25 * Math.min(1, ticks / (8 * TICKS)) + 30 * noise;
      int open = closed ? 0 : 1;
      new CsvRow(samples)
          .whole(session)
          .whole(media)
          .plain(id)
          .whole(count)
          .scaled(ticks, 5)
          .scaled((clock + ticks * 100) * 10, 1)
          .scaled(screenX, 5)
          .scaled(screenY, 5)
          .scaled(start, 5)
          .scaled(ticks - start, 5)
          .whole(Math.min(fixation + 1, reading.fixations().size()))
          .whole(rests ? 1 : 0)
          .fixed(closed ? 0 : x + 2 * noise, 5)
          .fixed(closed ? 0 : y - 2 * noise, 5)
          .whole(open)
          .fixed(closed ? 0 : 0.42 + 0.1 * (x - 0.5) + noise, 5)
          .fixed(closed ? 0 : 0.55 + 0.1 * (y - 0.5) - noise, 5)
          .fixed(pupil * 5.1, 5)
          .fixed(closed ? 0 : 0.97 + noise, 5)
          .whole(open)
          .fixed(closed ? 0 : 0.60 + 0.1 * (x - 0.5) + noise, 5)
          .fixed(closed ? 0 : 0.55 + 0.1 * (y - 0.5) + noise, 5)
          .fixed(pupil * 5.2, 5)
          .fixed(closed ? 0 : 0.97 - noise, 5)
          .whole(open)
          .whole(closed ? blink + 1 : 0)
          .scaled(blinkDuration, 5)
          .whole(Math.round(60 * blink / Math.max(1, ticks / TICKS)))
          .fixed(pupil, 5)
          .whole(open)
          .fixed(pupil * 1.02, 5)
          .whole(open)
          .fixed(rests ? magnitude : 0, 5)
          .fixed(rests ? direction : 0, 5)
          .plain("0.0")
          .whole(image.x())
          .whole(image.y())
          .end();
    }
  }
}
