package io.cogaze.synthetic;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes bounding_boxes.csv: seventeen anatomies an image, in image pixels, in the file's order x1,
 * x2, y1, y2. Boxes are cut at the picture's border; one that lies outside is missing.
 */
final class BoundingBoxes {
  static final String HEADER = "dicom_id,bbox_name,x1,x2,y1,y2\n";

  private BoundingBoxes() {}

  /** Returns the number of rows. */
  static int append(StringBuilder out, CasePlan plan, Frame frame, Anatomy anatomy) {
    int rows = 0;
    for (Map.Entry<String, double[]> box : boxes(anatomy).entrySet()) {
      double[] b = box.getValue();
      double x1 = Double.POSITIVE_INFINITY;
      double x2 = Double.NEGATIVE_INFINITY;
      double y1 = Double.POSITIVE_INFINITY;
      double y2 = Double.NEGATIVE_INFINITY;
      for (int corner = 0; corner < 4; corner++) {
        double u = b[corner & 1];
        double v = b[2 + (corner >> 1)];
        x1 = Math.min(x1, frame.x(u, v));
        x2 = Math.max(x2, frame.x(u, v));
        y1 = Math.min(y1, frame.y(u, v));
        y2 = Math.max(y2, frame.y(u, v));
      }
      long left = Math.max(0, Math.round(x1));
      long right = Math.min(plan.width() - 1L, Math.round(x2));
      long top = Math.max(0, Math.round(y1));
      long bottom = Math.min(plan.height() - 1L, Math.round(y2));
      if (left < right && top < bottom) {
        new CsvRow(out)
            .plain(plan.dicomId())
            .plain(box.getKey())
            .scaled(left * 10, 1)
            .scaled(right * 10, 1)
            .scaled(top * 10, 1)
            .scaled(bottom * 10, 1)
            .end();
        rows++;
      }
    }
    return rows;
  }

  /** Left, right, top and bottom in anatomical coordinates; the patient's right is u below 0. */
  private static Map<String, double[]> boxes(Anatomy a) {
    Map<String, double[]> boxes = new LinkedHashMap<>();
    for (int side = -1; side <= 1; side += 2) {
      String name = side < 0 ? "right " : "left ";
      double base = a.cosphrenicV(side);
      double top = a.lungTop();
      double third = (base - top) / 3;
      double inner = a.mediastinum() * 0.9;
      put(boxes, name + "lung", side, inner, a.chest(), top, base);
      put(boxes, name + "upper lung zone", side, inner, a.outer(top + third), top, top + third);
      put(boxes, name + "mid lung zone", side, inner, a.chest(), top + third, base - third);
      put(boxes, name + "lower lung zone", side, inner, a.chest(), base - third, base);
      put(boxes, name + "hilar structures", side, inner, inner + 0.22, -0.28, 0.10);
      put(
          boxes,
          name + "costophrenic angle",
          side,
          a.chest() - 0.14,
          a.chest() + 0.03,
          base - 0.16,
          base + 0.04);
      double v = a.clavicleV();
      double end = v + 0.98 * a.clavicleTilt();
      put(
          boxes,
          name + "clavicle",
          side,
          0.08,
          1.08,
          Math.min(v, end) - 0.06,
          Math.max(v, end) + 0.06);
    }
    boxes.put("trachea", new double[] {a.tracheaU() - 0.06, a.tracheaU() + 0.06, -1.25, -0.33});
    boxes.put(
        "upper mediastinum", new double[] {-a.mediastinum(), a.mediastinum() + 0.08, -1.0, -0.30});
    boxes.put(
        "cardiac silhouette",
        new double[] {
          a.heartU() - a.heartRight(), a.heartU() + a.heartLeft(),
          a.heartV() - 1.08 * a.heartHeight(), a.heartV() + 0.92 * a.heartHeight()
        });
    return boxes;
  }

  private static void put(
      Map<String, double[]> boxes,
      String name,
      int side,
      double near,
      double far,
      double top,
      double bottom) {
    boxes.put(
        name,
        side < 0 ? new double[] {-far, -near, top, bottom} : new double[] {near, far, top, bottom});
  }
}
