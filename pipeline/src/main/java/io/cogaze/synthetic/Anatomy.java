package io.cogaze.synthetic;

/**
 * The shape of one chest in anatomical coordinates (see {@link Frame}). Lengths in half chest
 * widths. Habitus (body, heart, mediastinum) comes from the patient's stream, inspiration and
 * posture from the image's.
 */
record Anatomy(
    double chest,
    double lungTop,
    double domeRight,
    double domeLeft,
    double mediastinum,
    double heartU,
    double heartV,
    double heartRight,
    double heartLeft,
    double heartHeight,
    double aortaRadius,
    double ribPhase,
    double ribSpacing,
    double ribSlant,
    double ribContrast,
    double clavicleTilt,
    double clavicleV,
    double bodyWidth,
    double softTissue,
    double tracheaU) {
  /** Centre of the aortic knob. */
  static final double AORTA_U = 0.155;

  static final double AORTA_V = -0.43;

  /**
   * @param cardiothoracic heart width divided by the inner width of the chest, 0.3..0.7
   */
  static Anatomy draw(Draw patient, Draw image, double cardiothoracic) {
    double chest = patient.normal(0.86, 0.03);
    double inspiration = image.normal(0, 0.06);
    double domeRight = 0.60 + inspiration;
    double heartWidth = cardiothoracic * 2 * chest;
    double rightShare = patient.normal(0.33, 0.03);
    double heartHeight = 0.40 * (0.55 + 0.45 * heartWidth / 0.78) * patient.normal(1, 0.05);
    return new Anatomy(
        chest,
        -1.05 + patient.normal(0, 0.03),
        domeRight,
        domeRight + image.normal(0.06, 0.025),
        patient.normal(0.155, 0.02),
        patient.normal(0.02, 0.015),
        domeRight - 0.62 * heartHeight + 0.03,
        heartWidth * rightShare,
        heartWidth * (1 - rightShare),
        heartHeight,
        patient.normal(0.115, 0.012),
        image.between(0, 1),
        patient.normal(0.185, 0.012),
        patient.normal(1, 0.18),
        patient.normal(1, 0.22),
        image.normal(-0.16, 0.07),
        image.normal(-0.80, 0.035),
        patient.normal(1.06, 0.05),
        patient.normal(1, 0.10),
        patient.normal(0.02, 0.015));
  }

  /** Half width of the rib cage's inside at height v; 0 above the apex. */
  double outer(double v) {
    double base = 0.72;
    double t = (base - v) / (base - lungTop);
    if (t >= 1) {
      return 0;
    }
    if (t < 0) {
      return chest * (1 - 0.25 * t * t);
    }
    return chest * Math.sqrt(1 - t * t * (0.72 + 0.28 * t * t));
  }

  /** Distance of the lung's medial edge from the midline at height v, without the heart. */
  double inner(double v) {
    double narrow = Curve.step((v + 0.55) / 0.35);
    double apex = Curve.step((-0.70 - v) / 0.25);
    return mediastinum * (0.86 + 0.14 * narrow) + 0.07 * apex;
  }

  /** Height of the diaphragm at u. */
  double dome(double u) {
    double a = Math.abs(u);
    double top = domeRight + (domeLeft - domeRight) * Curve.step(u / 0.15);
    double d = a - 0.40;
    return d > 0 ? top + 0.34 * (d / 0.46) * (d / 0.46) : top + 0.12 * (d / 0.40) * (d / 0.40);
  }

  /** Squared elliptical distance from the heart's centre: below 1 inside. */
  double heart(double u, double v) {
    double du = u - heartU;
    double dv = v - heartV;
    double lean = du - 0.30 * dv;
    double w = lean < 0 ? heartRight : heartLeft;
    double top = dv < 0 ? heartHeight * 1.08 : heartHeight * 0.92;
    double a = lean / w;
    double b = dv / top;
    return a * a + b * b;
  }

  /** Half width of the body's outline at height v. */
  double body(double v) {
    double shoulder = Curve.step((v + 1.12) / 0.17);
    double trunk = Curve.step((v + 0.60) / 0.30);
    return 0.36 + shoulder * (1.42 - 0.36) - trunk * (1.42 - bodyWidth * 1.04);
  }

  double cosphrenicV(int side) {
    return dome(side * chest * 0.93);
  }
}
