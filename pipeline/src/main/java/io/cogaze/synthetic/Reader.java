package io.cogaze.synthetic;

import java.util.ArrayList;
import java.util.List;

/**
 * The one radiologist of the study: looks at the centre, makes a habitual round of anatomical
 * stations (search pattern after Kundel and La Follette 1972) with small variations, is caught by
 * what is conspicuous, and spends the rest of the time on the sign, or, where there is none, on
 * harmless shadows and on the round again.
 */
final class Reader {
  private static final double ROUND_SHARE = 0.42;
  private static final double MEAN_FIXATION = 0.34;

  private final SyntheticSettings settings;

  Reader(SyntheticSettings settings) {
    this.settings = settings;
  }

  /** Reads one image; equal arguments give equal bits. */
  Reading read(CasePlan plan, Frame frame, List<Target> targets) {
    Draw draw = Draw.of(plan.seed(), plan.imageIndex(), "reading");
    double seconds = settings.readingSeconds() * StrictMath.exp(draw.normal(-0.06, 0.35));
    seconds =
        Math.min(settings.readingSecondsMax(), Math.max(settings.readingSecondsMin(), seconds));
    return new Path(frame, targets, draw, seconds).walk();
  }

  private static final class Path {
    private final Frame frame;
    private final Draw draw;
    private final double seconds;
    private final List<Target> stations;
    private final List<Target> signs;
    private final List<Target> distractors;
    private final List<Reading.Fixation> fixations = new ArrayList<>();
    private final List<Reading.Blink> blinks = new ArrayList<>();
    private double now;
    private double nextBlink;

    Path(Frame frame, List<Target> targets, Draw draw, double seconds) {
      this.frame = frame;
      this.draw = draw;
      this.seconds = seconds;
      this.stations = only(targets, Target.Kind.STATION);
      this.signs = only(targets, Target.Kind.SIGN);
      this.distractors = only(targets, Target.Kind.DISTRACTOR);
    }

    Reading walk() {
      now = draw.between(0.02, 0.15);
      nextBlink = draw.between(1.0, 4.0);
      look(
          0.5 * frame.width() + draw.normal(0, 0.03) * frame.width(),
          0.5 * frame.height() + draw.normal(0, 0.03) * frame.height(),
          0.22);
      List<Target> round = round();
      for (Target station : round) {
        visit(station, 0.85);
        if (draw.chance(0.22)) {
          visit(conspicuous(), 1.0);
        }
      }
      while (now < seconds - 0.12) {
        visit(conspicuous(), signs.isEmpty() ? 0.9 : 1.25);
      }
      return new Reading(seconds, List.copyOf(fixations), List.copyOf(blinks));
    }

    /**
     * The stations of this round: some left out when time is short, neighbours swapped at times.
     */
    private List<Target> round() {
      int wanted = (int) Math.ceil(ROUND_SHARE * seconds / MEAN_FIXATION);
      List<Target> kept = new ArrayList<>(stations);
      while (kept.size() > Math.max(5, wanted)) {
        kept.remove(draw.below(kept.size()));
      }
      for (int k = 0; k + 1 < kept.size(); k++) {
        if (draw.chance(0.15)) {
          Target swapped = kept.get(k);
          kept.set(k, kept.get(k + 1));
          kept.set(k + 1, swapped);
        }
      }
      return kept;
    }

    private Target conspicuous() {
      double at = draw.unit();
      if (!signs.isEmpty()) {
        return at < 0.82
            ? weighted(signs)
            : at < 0.90 && !distractors.isEmpty() ? weighted(distractors) : weighted(stations);
      }
      return at < 0.5 && !distractors.isEmpty() ? weighted(distractors) : weighted(stations);
    }

    private Target weighted(List<Target> among) {
      double sum = 0;
      for (Target target : among) {
        sum += target.weight();
      }
      double at = draw.unit() * sum;
      for (Target target : among) {
        at -= target.weight();
        if (at < 0) {
          return target;
        }
      }
      return among.get(among.size() - 1);
    }

    private void visit(Target target, double patience) {
      if (draw.chance(0.012)) {
        look(
            draw.side() < 0
                ? -draw.between(0.03, 0.2) * frame.width()
                : draw.between(1.03, 1.2) * frame.width(),
            draw.between(0, 1) * frame.height(),
            0.25);
      }
      double radius = target.radius() * 0.6 + 0.012;
      double u = target.u() + draw.normal(0, radius);
      double v = target.v() + draw.normal(0, radius);
      look(frame.x(u, v), frame.y(u, v), MEAN_FIXATION * patience);
    }

    private void look(double x, double y, double mean) {
      double duration = mean * StrictMath.exp(draw.normal(-0.08, 0.4));
      duration = Math.min(1.6, Math.max(0.10, duration));
      double end = Math.min(now + duration, seconds);
      if (end - now < 0.06) {
        now = seconds;
        return;
      }
      fixations.add(new Reading.Fixation(now, end, x, y));
      now = end + draw.between(0.025, 0.065);
      if (now > nextBlink && now + 0.3 < seconds) {
        double closed = draw.between(0.10, 0.25);
        blinks.add(new Reading.Blink(now, now + closed));
        now += closed + draw.between(0.02, 0.05);
        nextBlink = now + draw.between(2.0, 7.0);
      }
    }

    private static List<Target> only(List<Target> targets, Target.Kind kind) {
      return targets.stream().filter(target -> target.kind() == kind).toList();
    }
  }
}
