package io.cogaze.synthetic;

import java.util.ArrayList;
import java.util.List;

/**
 * Draws a phantom chest X-ray: a sum of attenuations (body, air of the lungs, heart, vessels,
 * bones, devices, signs of disease), seen through an exposure curve, with noise and collimation.
 *
 * <p>The classes differ in what is seen locally, not in global statistics. Each picture carries
 * soft-tissue shadows whose size and mass follow the same distribution as the pathological
 * opacities; in pneumonia one of them is a consolidation instead: clipped to the lung, with a
 * ragged edge, mottled, with dark bronchi. In heart failure the heart is larger and the perihilar
 * shadow, which is a smooth overlay in the others, is a bat-wing haze with a net of thickened septa
 * and blurred vessels, often with small effusions. {@code difficulty} moves the contrast of these
 * textures and the gap between the heart sizes.
 */
final class PhantomRenderer {
  private final double difficulty;

  PhantomRenderer(SyntheticSettings settings) {
    this.difficulty = settings.difficulty();
  }

  /** Renders one image; equal arguments give equal bits. */
  Phantom render(CasePlan plan) {
    Draw image = Draw.of(plan.seed(), plan.imageIndex(), "picture");
    Anatomy anatomy = anatomy(plan, image);
    Frame frame = frame(plan.width(), plan.height(), image);
    long key = plan.seed() ^ plan.imageIndex() * 0x9E37L;
    return new Sheet(frame, anatomy, plan.disease(), image, key).paint();
  }

  /** The anatomy that {@link #render} draws. */
  Anatomy anatomy(CasePlan plan) {
    return anatomy(plan, Draw.of(plan.seed(), plan.imageIndex(), "picture"));
  }

  private Anatomy anatomy(CasePlan plan, Draw image) {
    Draw patient = Draw.of(plan.seed(), plan.patientIndex(), "habitus");
    double ratio = patient.normal(0.47, 0.055) + image.normal(0, 0.012);
    if (plan.disease() == Disease.CHF) {
      ratio += 0.005 + 0.05 * (1 - difficulty) + image.between(0, 0.01);
    }
    return Anatomy.draw(patient, image, Math.min(0.68, Math.max(0.34, ratio)));
  }

  private static Frame frame(int width, int height, Draw draw) {
    double side = Math.min(width, height);
    double angle = draw.normal(0, 0.035);
    double unit = side * 0.405 * Math.min(1.12, Math.max(0.84, draw.normal(0.97, 0.055)));
    double shiftX = draw.normal(0, 0.028) * side;
    double shiftY = draw.normal(0, 0.03) * side;
    return new Frame(
        width,
        height,
        0.5 * width + shiftX,
        0.53 * height + shiftY,
        unit,
        StrictMath.cos(angle),
        StrictMath.sin(angle));
  }

  /** The canvas of one picture. */
  private final class Sheet {
    private final Frame f;
    private final Anatomy a;
    private final Disease disease;
    private final Draw draw;
    private final long key;
    private final int width;
    private final int height;
    private final double pixel;

    /** Attenuation, 0 for air; about 1 behind the diaphragm. */
    private final float[] dense;

    /** 1 inside the lungs' air, softly falling to 0 at their borders. */
    private final float[] air;

    /** Pulmonary vessels, added where no haze hides them. */
    private final float[] vessels;

    /** 0..1: how much of the vessels is hidden. */
    private final float[] veil;

    private final List<Target> targets = new ArrayList<>();
    private boolean effusion;

    Sheet(Frame frame, Anatomy anatomy, Disease disease, Draw draw, long key) {
      this.f = frame;
      this.a = anatomy;
      this.disease = disease;
      this.draw = draw;
      this.key = Draw.mix(key);
      this.width = frame.width();
      this.height = frame.height();
      this.pixel = 1 / frame.unitPx();
      this.dense = new float[width * height];
      this.air = new float[width * height];
      this.vessels = new float[width * height];
      this.veil = new float[width * height];
    }

    Phantom paint() {
      anatomy();
      vesselTrees();
      stations();
      softTissueShadows();
      if (disease == Disease.CHF) {
        heartFailure();
      } else {
        smoothPerihilarShadow();
      }
      if (disease == Disease.PNEUMONIA) {
        consolidation();
      } else {
        smoothShadow(0.17);
      }
      distractors();
      float[] grey = expose();
      return new Phantom(disease, f, a, grey, List.copyOf(targets), effusion);
    }

    private void anatomy() {
      double soft = 0.012 + pixel;
      double depth = 0.50 * a.softTissue();
      double habitusTilt = draw.normal(0, 0.05);
      double habitusSlope = draw.normal(0, 0.05);
      double gasU = a.heartU() + 0.42 + draw.normal(0, 0.05);
      double gasR = draw.between(0.06, 0.16);
      double knobU = Anatomy.AORTA_U;
      double knobV = Anatomy.AORTA_V;
      for (int y = 0, i = 0; y < height; y++) {
        for (int x = 0; x < width; x++, i++) {
          double u = f.u(x + 0.5, y + 0.5);
          double v = f.v(x + 0.5, y + 0.5);
          double au = Math.abs(u);
          double body = Curve.step((a.body(v) - au) / (0.03 + pixel));
          if (body == 0) {
            dense[i] = 0.01f;
            continue;
          }
          double outer = a.outer(v);
          double dome = a.dome(u);
          double below = Curve.step((v - dome) / soft);
          double cage = Curve.step((outer - au) / soft) * (1 - below);
          double lung = cage * Curve.step((au - a.inner(v)) / (soft * 1.4));
          double q = a.heart(u, v);
          double heart = Curve.step((1 - q) / (0.09 + 3 * pixel)) * (1 - 0.5 * below);
          lung *= 1 - heart;
          air[i] = (float) lung;
          double round = 1 - 0.16 * u * u;
          double t = depth * round * (1 + habitusTilt * u + habitusSlope * v);
          t += 0.36 * below * Curve.step((a.chest() + 0.12 - au) / 0.1);
          t -= (0.60 + 0.08 * au) * depth * round * lung;
          t += heart * 0.20 * (1.15 - 0.30 * Math.min(1.3, q));
          // mediastinum, spine, trachea
          double middle = Curve.step((a.inner(v) - au) / 0.03);
          t += 0.10 * middle * Curve.step((v + 1.15) / 0.2);
          double spine = Curve.step((0.105 - Math.abs(u + 0.004)) / 0.025);
          if (spine > 0) {
            double disc = frac((v + 2 + a.ribPhase() * 0.1) / 0.155);
            double gap = disc < 0.16 ? 0.35 : 1;
            t += spine * (0.045 + 0.05 * gap);
          }
          if (v < -0.33) {
            double tube = Curve.step((0.048 - Math.abs(u - a.tracheaU())) / 0.018);
            t -= 0.13 * tube;
          } else if (v < -0.05) {
            double arm = (v + 0.33) * (u < a.tracheaU() ? 0.75 : 0.95);
            double tube = Curve.step((0.034 - Math.abs(au - a.tracheaU() - arm)) / 0.016);
            t -= 0.07 * tube;
          }
          double kn =
              ((u - knobU) * (u - knobU) + (v - knobV) * (v - knobV))
                  / (a.aortaRadius() * a.aortaRadius());
          t += 0.13 * Curve.step((1 - kn) / 0.22) * (v > knobV ? 1 - 0.5 * (v - knobV) : 1);
          if (v > knobV && v < 0.75) {
            t += 0.035 * Curve.step((0.05 - Math.abs(u - knobU + 0.02)) / 0.03);
          }
          // stomach bubble
          double gu = (u - gasU) / (gasR * 1.5);
          double gv = (v - dome - gasR * 0.8) / (gasR * 0.7);
          double gas = gu * gu + gv * gv;
          if (gas < 1.4) {
            t -= 0.22 * Curve.step((1 - gas) / 0.35);
          }
          t += ribs(v, au, outer);
          t += clavicle(v, au);
          dense[i] = (float) (body * Math.max(0.02, t));
        }
      }
    }

    private double ribs(double v, double au, double outer) {
      double reach = Curve.step((outer + 0.05 - au) / 0.03);
      double fade = Curve.step((0.88 - v) / 0.22);
      if (reach == 0 || fade == 0 || v < a.lungTop() - 0.05) {
        return 0;
      }
      double slant = a.ribSlant() * (1 + 0.45 * (v + 0.2));
      double bow = (-0.05 * au + 0.30 * au * au) * slant;
      double phase = (v - bow) / a.ribSpacing() + a.ribPhase();
      double back = bone(frac(phase) - 0.5, 0.20) * Curve.step((au - 0.10) / 0.03);
      double sum = 0.075 * back;
      double fore = Curve.step((au - 0.36) / 0.12);
      if (fore > 0) {
        double bowFore = 0.50 * (0.86 - au) * slant - 0.12 * (0.86 - au) * (0.86 - au);
        double phaseFore = (v - bowFore) / (a.ribSpacing() * 1.12) + a.ribPhase() + 0.37;
        sum += 0.048 * fore * bone(frac(phaseFore) - 0.5, 0.21);
      }
      return sum * reach * fade * a.ribContrast();
    }

    /** Profile of a bone across its width: bright rims, a paler marrow. */
    private double bone(double offset, double half) {
      double d = Math.abs(offset) / half;
      if (d >= 1.25) {
        return 0;
      }
      double inside = Curve.step((1 - d) / 0.22);
      double rim = 1 - Math.min(1, Math.abs(d - 0.82) / 0.3);
      return inside * 0.75 + 0.45 * rim;
    }

    private double clavicle(double v, double au) {
      if (au < 0.08 || au > 1.15 || v > -0.5) {
        return 0;
      }
      double line = a.clavicleV() + a.clavicleTilt() * (au - 0.1) + 0.10 * au * (au - 0.9);
      double d = (v - line) / (0.046 + 0.012 * (au < 0.3 ? 0.3 - au : 0));
      double ends = Curve.step((au - 0.10) / 0.02) * Curve.step((1.08 - au) / 0.05);
      return 0.12 * ends * bone(d * 0.5, 0.5);
    }

    private void vesselTrees() {
      Draw tree = Draw.of(key, 0, "vessels");
      boolean congested = disease == Disease.CHF;
      for (int side = -1; side <= 1; side += 2) {
        double hu = side * (a.mediastinum() + 0.07);
        double hv = side < 0 ? -0.10 : -0.16;
        smudge(hu, hv, 0.075, 0.13, 0.10 * side, 0.07, false);
        for (int branch = 0; branch < 9; branch++) {
          double angle = -1.25 + 2.6 * (branch + tree.between(0.1, 0.9)) / 9;
          double upper = congested && angle < 0 ? 1.25 : 1;
          grow(tree, side, hu, hv, angle, 0.020 * upper, tree.between(0.20, 0.34), 4);
        }
      }
    }

    private void grow(
        Draw tree,
        int side,
        double u,
        double v,
        double angle,
        double half,
        double length,
        int left) {
      double eu = u + side * length * StrictMath.cos(angle);
      double ev = v + length * StrictMath.sin(angle);
      if (a.outer(ev) < Math.abs(eu) + 0.03 || ev > a.dome(eu) - 0.02) {
        return;
      }
      line(vessels, u, v, eu, ev, half, 0.055 * (0.5 + half / 0.04), 1);
      if (left > 0) {
        double spread = tree.between(0.2, 0.5);
        grow(tree, side, eu, ev, angle + spread, half * 0.72, length * 0.72, left - 1);
        grow(
            tree,
            side,
            eu,
            ev,
            angle - tree.between(0.2, 0.5),
            half * 0.72,
            length * 0.7,
            left - 1);
      }
    }

    private void stations() {
      double c = a.chest();
      station(a.tracheaU(), -0.72, 0.05, 1);
      station(0.15, -0.43, 0.05, 1);
      station(-a.mediastinum() - 0.10, -0.10, 0.06, 1.4);
      station(-0.42, -0.72, 0.08, 1);
      station(-0.52, -0.25, 0.09, 1);
      station(-0.52, 0.28, 0.09, 1);
      station(-c * 0.90, a.cosphrenicV(-1) - 0.10, 0.05, 1);
      station(c * 0.90, a.cosphrenicV(1) - 0.10, 0.05, 1);
      station(0.60, 0.22, 0.08, 1);
      station(0.54, -0.25, 0.09, 1);
      station(0.42, -0.72, 0.08, 1);
      station(a.mediastinum() + 0.10, -0.15, 0.06, 1.4);
      station(a.heartU() + a.heartLeft() * 0.75, a.heartV() + 0.05, 0.07, 1.4);
    }

    private void station(double u, double v, double radius, double weight) {
      targets.add(new Target(Target.Kind.STATION, u, v, radius, weight));
    }

    /** Breasts, folds and muscles: smooth, not bound to the lungs, in every class. */
    private void softTissueShadows() {
      Draw d = Draw.of(key, 1, "soft tissue");
      double breast = d.chance(0.6) ? d.between(0.02, 0.11) : 0;
      double size = d.between(0.30, 0.46);
      for (int side = -1; side <= 1; side += 2) {
        smudge(
            side * d.normal(0.50, 0.04), d.normal(0.48, 0.06), size, size * 0.8, 0, breast, false);
        smudge(
            side * d.normal(0.86, 0.05),
            d.normal(-0.55, 0.06),
            0.22,
            0.40,
            0,
            d.between(0, 0.09),
            false);
      }
      int extra = 1 + d.below(3);
      for (int k = 0; k < extra; k++) {
        smoothShadow(0.15);
      }
    }

    /** A soft-tissue shadow of the size and mass of a consolidation, but smooth and unclipped. */
    private void smoothShadow(double mass) {
      double[] at = zone();
      double r = draw.between(0.17, 0.28);
      double amount = mass * draw.between(0.7, 1.3);
      smudge(
          at[0],
          at[1],
          r * 0.62,
          r * draw.between(0.5, 0.8),
          draw.between(-1, 1),
          amount * 1.2,
          false);
      targets.add(new Target(Target.Kind.DISTRACTOR, at[0], at[1], r * 0.4, 1.0));
    }

    /** A place in a lung zone: side, height and depth by chance. */
    private double[] zone() {
      int side = draw.side();
      while (true) {
        double u = side * draw.between(0.26, 0.72);
        double v = draw.between(-0.72, 0.60);
        boolean inside =
            Math.abs(u) < a.outer(v) - 0.12
                && Math.abs(u) > a.inner(v) + 0.10
                && v < a.dome(u) - 0.10
                && a.heart(u, v) > 1.35;
        if (inside) {
          return new double[] {u, v};
        }
      }
    }

    private void smoothPerihilarShadow() {
      double amount = draw.between(0.07, 0.17);
      for (int side = -1; side <= 1; side += 2) {
        double cu = side * draw.normal(0.36, 0.03);
        double cv = draw.normal(0.02, 0.04);
        double strength = amount * draw.between(0.8, 1.2);
        box(
            cu,
            cv,
            0.5,
            0.6,
            (i, u, v) -> {
              double du = (u - cu) / 0.34;
              double dv = (v - cv) / 0.44;
              dense[i] +=
                  (float)
                      (strength
                          * Curve.step((1 - du * du - dv * dv) / 0.75)
                          * (0.3 + 0.7 * air[i]));
            });
      }
    }

    private void heartFailure() {
      double amount = draw.between(0.07, 0.17);
      double net = 0.23 * (1.5 - difficulty);
      long weave = key + 11;
      for (int side = -1; side <= 1; side += 2) {
        double cu = side * draw.normal(0.36, 0.03);
        double cv = draw.normal(0.02, 0.04);
        double strength = draw.between(0.8, 1.2);
        double ru = 0.34;
        double rv = 0.44;
        box(
            cu,
            cv,
            ru * 1.3,
            rv * 1.3,
            (i, u, v) -> {
              double du = (u - cu) / ru;
              double dv = (v - cv) / rv;
              double q = du * du + dv * dv;
              if (q >= 1.6 || air[i] == 0) {
                return;
              }
              double envelope = Curve.step((1 - q) / 0.6) * air[i];
              double ridge = ridge(weave, u, v);
              dense[i] += (float) (envelope * strength * (amount + net * (ridge - 0.45)));
              veil[i] = (float) Math.max(veil[i], 0.85 * envelope);
            });
        targets.add(new Target(Target.Kind.SIGN, cu, cv, 0.10, 1.2));
        septa(side);
        if (draw.chance(0.35)) {
          effusion(side);
        }
      }
      targets.add(
          new Target(Target.Kind.SIGN, a.heartU() + a.heartLeft() * 0.92, a.heartV(), 0.07, 1.6));
    }

    /** A net of bright lines: the ridges of two noises. */
    private double ridge(long weave, double u, double v) {
      double n = Curve.noise(weave, u * 10 + 40, v * 10 + 40);
      double m = Curve.noise(weave + 7, u * 10 + 90 + v * 4, v * 10 + 10 - u * 4);
      double a1 = 1 - Math.min(1, Math.abs(n - 0.5) * 7);
      double a2 = 1 - Math.min(1, Math.abs(m - 0.5) * 7);
      return Math.max(a1, a2);
    }

    /** Kerley B lines: short, level lines at the side of the lung's base. */
    private void septa(int side) {
      int lines = 4 + draw.below(4);
      double v = a.cosphrenicV(side) - 0.20;
      for (int k = 0; k < lines; k++) {
        double u = side * (a.outer(v) - 0.03);
        double length = draw.between(0.08, 0.14);
        line(
            dense,
            u,
            v,
            u - side * length,
            v + draw.normal(0, 0.006),
            0.011,
            0.11 * (1.5 - difficulty),
            0);
        v -= draw.between(0.045, 0.065);
      }
    }

    /** Fluid that fills the angle between diaphragm and ribs. */
    private void effusion(int side) {
      effusion = true;
      double level = a.cosphrenicV(side) - draw.between(0.10, 0.22);
      double top = level - 0.08;
      box(
          side * a.chest() * 0.8,
          level + 0.15,
          0.3,
          0.4,
          (i, u, v) -> {
            double meniscus = level - 0.18 * Curve.step((Math.abs(u) - a.chest() + 0.16) / 0.2);
            if (air[i] > 0 && u * side > 0 && v > top - 0.2) {
              dense[i] += (float) (0.26 * air[i] * Curve.step((v - meniscus) / 0.035));
            }
          });
      targets.add(new Target(Target.Kind.SIGN, side * a.chest() * 0.86, level, 0.06, 0.7));
    }

    private void consolidation() {
      double[] at = zone();
      double cu = at[0];
      double cv = at[1];
      double ru = draw.between(0.19, 0.29);
      double rv = ru * draw.between(0.75, 1.15);
      double amount = 0.17 * draw.between(0.7, 1.3);
      double mottle = 0.52 * (1.5 - difficulty);
      long grain = key + 23;
      box(
          cu,
          cv,
          ru * 1.5,
          rv * 1.5,
          (i, u, v) -> {
            if (air[i] == 0) {
              return;
            }
            double du = (u - cu) / ru;
            double dv = (v - cv) / rv;
            double ragged = Curve.noise(grain + 1, u * 9 + 50, v * 9 + 50) - 0.5;
            double q = du * du + dv * dv + 1.1 * ragged;
            double envelope = Curve.step((0.8 - q) / 0.35) * air[i];
            if (envelope == 0) {
              return;
            }
            double spots = Curve.noise(grain, u * 11.5 + 70, v * 11.5 + 70);
            double mottled = Curve.step((spots - 0.5) / 0.28) - 0.5;
            dense[i] += (float) (envelope * Math.max(0.02, amount + mottle * mottled));
            veil[i] = (float) Math.max(veil[i], 0.8 * envelope);
          });
      double hub = cu - Math.signum(cu) * ru * 0.7;
      for (int k = 0; k < 3; k++) {
        double bend = draw.normal(0, 0.35) + 0.5 * (k - 1);
        bronchus(hub, cv - 0.05, cu + Math.signum(cu) * ru * 0.5, cv + rv * bend);
      }
      targets.add(new Target(Target.Kind.SIGN, cu, cv, 0.45 * ru, 1));
    }

    private void bronchus(double u0, double v0, double u1, double v1) {
      line(dense, u0, v0, u1, v1, 0.013, -0.06 * (1.5 - difficulty), 0);
    }

    private void distractors() {
      Draw d = Draw.of(key, 2, "distractors");
      if (d.chance(0.35)) {
        for (int side = -1; side <= 1; side += 2) {
          double u = side * d.normal(0.48, 0.03);
          double v = d.normal(0.38, 0.03);
          disc(u, v, 0.042, 0.07);
          distractor(u, v, 0.5);
        }
      }
      int nodules = d.chance(0.5) ? 1 + d.below(2) : 0;
      for (int k = 0; k < nodules; k++) {
        double u = d.side() * d.between(0.25, 0.7);
        double v = d.between(-0.6, 0.4);
        disc(u, v, d.between(0.014, 0.030), 0.22);
        distractor(u, v, 0.8);
      }
      if (d.chance(0.35)) {
        double u = d.side() * d.between(0.25, 0.6);
        double v = d.between(-0.6, 0.3);
        double du = d.normal(0, 0.14);
        line(dense, u, v, u + du, v + d.normal(0, 0.14), 0.010, 0.07, 0);
        distractor(u + du / 2, v, 0.6);
      }
      if (d.chance(0.30)) {
        catheter(d);
      }
      if (d.chance(0.25)) {
        leads(d);
      }
      if (d.chance(0.10)) {
        pacemaker(d);
      }
      if (d.chance(0.10)) {
        for (int k = 0; k < 5; k++) {
          ring(d.normal(0, 0.008), -0.55 + 0.2 * k, 0.035, 0.012, 0.35);
        }
      }
      if (d.chance(0.85)) {
        marker(d);
      }
    }

    private void distractor(double u, double v, double weight) {
      targets.add(new Target(Target.Kind.DISTRACTOR, u, v, 0.03, weight));
    }

    private void catheter(Draw d) {
      int side = d.side();
      double tip = d.normal(-0.12, 0.05);
      path(
          0.010,
          0.16,
          new double[][] {
            {side * 0.75, -1.0},
            {side * 0.45, -0.86},
            {side * 0.18, -0.72},
            {-0.08, -0.52},
            {-0.10, tip}
          });
      distractor(-0.10, tip, 0.5);
    }

    private void leads(Draw d) {
      int count = 2 + d.below(2);
      for (int k = 0; k < count; k++) {
        int side = d.side();
        double u = side * d.between(0.35, 0.85);
        double v = d.between(-0.6, 0.55);
        ring(u, v, 0.045, 0.014, 0.25);
        double end = side * d.between(0.9, 1.3);
        path(
            0.009,
            0.15,
            new double[][] {
              {u, v}, {u + (end - u) * 0.4, v + d.normal(0, 0.08)}, {end, v + d.normal(-0.2, 0.2)}
            });
      }
    }

    private void pacemaker(Draw d) {
      double u = d.normal(0.62, 0.03);
      double v = d.normal(-0.62, 0.03);
      box(
          u,
          v,
          0.12,
          0.12,
          (i, pu, pv) -> {
            double q = Math.max(Math.abs(pu - u) / 0.10, Math.abs(pv - v) / 0.085);
            dense[i] += (float) (0.5 * Curve.step((1 - q) / 0.12));
          });
      path(
          0.011,
          0.30,
          new double[][] {{u - 0.05, v}, {0.2, -0.6}, {-0.08, -0.4}, {-0.1, 0.1}, {0.12, 0.42}});
      distractor(u, v, 0.6);
    }

    /** The side marker of the technician, an upright letter. */
    private void marker(Draw d) {
      double u = (d.chance(0.7) ? -1 : 1) * d.normal(1.02, 0.03);
      double v = d.normal(-1.05, 0.05);
      double h = 0.05;
      line(dense, u - h, v - h, u - h, v + h, 0.014, 0.6, 0);
      line(dense, u - h + 0.02, v + h, u + h * 0.6, v + h, 0.014, 0.6, 0);
    }

    private float[] expose() {
      double noise = draw.between(0.012, 0.030);
      double knee = draw.between(0.45, 1.0);
      double gain = draw.between(0.88, 1.12);
      double gamma = draw.between(0.40, 0.60);
      double lift = draw.between(0.0, 0.08);
      double cutX = draw.chance(0.35) ? draw.between(0.01, 0.05) * width : -1;
      double cutY = draw.chance(0.35) ? draw.between(0.01, 0.05) * height : -1;
      double shade = draw.normal(0, 0.06);
      long grain = Draw.mix(key + 99);
      float[] grey = new float[dense.length];
      double toneA = 1 / gamma - 2;
      for (int y = 0, i = 0; y < height; y++) {
        for (int x = 0; x < width; x++, i++) {
          double t = dense[i] + vessels[i] * air[i] * (1 - veil[i]);
          t = Math.max(0, t) * gain * (1 + shade * ((double) x / width - 0.5));
          double g = t * (1 + knee) / (t + knee);
          g = Math.min(1, g * 0.93);
          g = g / (toneA * (1 - g) + 1);
          g += noise * (1.25 - g) * grain(grain + i);
          g = lift + (1 - lift) * g;
          if (x < cutX || x >= width - cutX || y < cutY || y >= height - cutY) {
            g = 0.012;
          }
          grey[i] = (float) Math.min(1, Math.max(0, g));
        }
      }
      return grey;
    }

    /** About a standard normal: the sum of four uniform 16-bit numbers of one hash. */
    private static double grain(long at) {
      long z = Draw.mix(at * 0x9E3779B97F4A7C15L);
      long sum = (z & 0xFFFF) + ((z >>> 16) & 0xFFFF) + ((z >>> 32) & 0xFFFF) + (z >>> 48);
      return (sum - 131070.0) * (1.0 / 37837.0);
    }

    // shapes

    private interface Ink {
      void at(int index, double u, double v);
    }

    /** Visits the pixels whose (u, v) may lie within (ru, rv) of (u, v). */
    private void box(double u, double v, double ru, double rv, Ink ink) {
      double reachX = f.unitPx() * (Math.abs(f.cosine()) * ru + Math.abs(f.sine()) * rv) + 1;
      double reachY = f.unitPx() * (Math.abs(f.sine()) * ru + Math.abs(f.cosine()) * rv) + 1;
      double cx = f.x(u, v);
      double cy = f.y(u, v);
      int x0 = Math.max(0, (int) Math.floor(cx - reachX));
      int x1 = Math.min(width - 1, (int) Math.ceil(cx + reachX));
      int y0 = Math.max(0, (int) Math.floor(cy - reachY));
      int y1 = Math.min(height - 1, (int) Math.ceil(cy + reachY));
      for (int y = y0; y <= y1; y++) {
        for (int x = x0; x <= x1; x++) {
          ink.at(y * width + x, f.u(x + 0.5, y + 0.5), f.v(x + 0.5, y + 0.5));
        }
      }
    }

    private void smudge(
        double u, double v, double du, double dv, double lean, double amount, boolean clip) {
      if (amount == 0) {
        return;
      }
      double reach = 3 * Math.max(du, dv) * 1.3;
      box(
          u,
          v,
          reach,
          reach,
          (i, pu, pv) -> {
            double b = (pv - v) / dv;
            double c = (pu - u - 0.3 * lean * (pv - v)) / du;
            double value = Curve.bell(b * b + c * c) * amount;
            if (value > 0 && dense[i] > 0.015f) {
              dense[i] += (float) (clip ? value * air[i] : value);
            }
          });
    }

    private void disc(double u, double v, double radius, double amount) {
      double soft = 0.25 + pixel / radius;
      box(
          u,
          v,
          radius * 1.6 + pixel,
          radius * 1.6 + pixel,
          (i, pu, pv) -> {
            double q = ((pu - u) * (pu - u) + (pv - v) * (pv - v)) / (radius * radius);
            dense[i] += (float) (amount * Curve.step((1 - q) / soft));
          });
    }

    private void ring(double u, double v, double radius, double half, double amount) {
      box(
          u,
          v,
          radius + 2 * half,
          radius + 2 * half,
          (i, pu, pv) -> {
            double d = Math.sqrt((pu - u) * (pu - u) + (pv - v) * (pv - v));
            double edge = Math.max(half, 0.8 * pixel);
            dense[i] += (float) (amount * Curve.step((edge - Math.abs(d - radius)) / edge));
          });
    }

    private void path(double half, double amount, double[][] points) {
      for (int k = 0; k + 1 < points.length; k++) {
        int steps = 6;
        double[] p0 = points[Math.max(0, k - 1)];
        double[] p1 = points[k];
        double[] p2 = points[k + 1];
        double[] p3 = points[Math.min(points.length - 1, k + 2)];
        for (int s = 0; s < steps; s++) {
          double t0 = (double) s / steps;
          double t1 = (double) (s + 1) / steps;
          line(
              dense,
              spline(p0[0], p1[0], p2[0], p3[0], t0),
              spline(p0[1], p1[1], p2[1], p3[1], t0),
              spline(p0[0], p1[0], p2[0], p3[0], t1),
              spline(p0[1], p1[1], p2[1], p3[1], t1),
              half,
              amount,
              2);
        }
      }
    }

    private static double spline(double a, double b, double c, double d, double t) {
      return 0.5
          * (2 * b
              + (c - a) * t
              + (2 * a - 5 * b + 4 * c - d) * t * t
              + (3 * b - a - 3 * c + d) * t * t * t);
    }

    /**
     * A straight stroke. {@code mode} 1: the greater wins; 2: no second coat at a joint; 0: added.
     */
    private void line(
        float[] sheet,
        double u0,
        double v0,
        double u1,
        double v1,
        double half,
        double amount,
        int mode) {
      double edge = Math.max(half, 0.7 * pixel);
      double strength = amount * Math.min(1, half / (0.7 * pixel) + 0.15);
      double lu = u1 - u0;
      double lv = v1 - v0;
      double length2 = Math.max(1e-12, lu * lu + lv * lv);
      box(
          (u0 + u1) / 2,
          (v0 + v1) / 2,
          Math.abs(lu) / 2 + 2 * edge,
          Math.abs(lv) / 2 + 2 * edge,
          (i, u, v) -> {
            double along = ((u - u0) * lu + (v - v0) * lv) / length2;
            if (mode == 2 && (along < 0 || along >= 1)) {
              return;
            }
            double t = Math.min(1, Math.max(0, along));
            double du = u - u0 - t * lu;
            double dv = v - v0 - t * lv;
            double d2 = du * du + dv * dv;
            if (d2 >= 4 * edge * edge) {
              return;
            }
            double value = strength * Curve.step((edge - Math.sqrt(d2)) / edge);
            sheet[i] = (float) (mode == 1 ? Math.max(sheet[i], value) : sheet[i] + value);
          });
    }
  }

  private static double frac(double x) {
    return x - Math.floor(x);
  }
}
