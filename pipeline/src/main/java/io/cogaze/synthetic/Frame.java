package io.cogaze.synthetic;

/**
 * Where the thorax lies in the picture: a similarity between anatomical coordinates and pixels.
 * Anatomical (u, v): u to the right of the picture (the patient's left), v down, origin in the
 * midline at the height of the hila, 1 = half the width of the chest. Pixels: (0,0) is the top-left
 * corner of the top-left pixel.
 */
record Frame(
    int width,
    int height,
    double centreX,
    double centreY,
    double unitPx,
    double cosine,
    double sine) {

  double x(double u, double v) {
    return centreX + unitPx * (cosine * u - sine * v);
  }

  double y(double u, double v) {
    return centreY + unitPx * (sine * u + cosine * v);
  }

  double u(double x, double y) {
    return (cosine * (x - centreX) + sine * (y - centreY)) / unitPx;
  }

  double v(double x, double y) {
    return (cosine * (y - centreY) - sine * (x - centreX)) / unitPx;
  }
}
