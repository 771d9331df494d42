package io.cogaze.synthetic;

import io.cogaze.dicom.DicomIds;
import io.cogaze.dicom.DicomImage;
import io.cogaze.dicom.Display;
import io.cogaze.dicom.Photometric;
import io.cogaze.dicom.PixelFormat;

/**
 * A phantom as a detector would store it: 12 bits in 16, with the detector's own black and white
 * points. MONOCHROME1 stores the complement, so that the displayed picture is the same.
 */
final class StoredPicture {
  private static final int BITS = 12;
  private static final int WHITE = (1 << BITS) - 1;

  private StoredPicture() {}

  static DicomImage of(CasePlan plan, float[] grey) {
    Draw draw = Draw.of(plan.seed(), plan.imageIndex(), "detector");
    int low = draw.below(160);
    int high = WHITE - draw.below(900);
    short[] samples = new short[grey.length];
    for (int i = 0; i < grey.length; i++) {
      int value = Math.round(low + grey[i] * (high - low));
      samples[i] = (short) (plan.monochrome1() ? WHITE - value : value);
    }
    Display display = Display.plain();
    if (draw.chance(0.5)) {
      double centre = 0.5 * (low + high);
      display = display.withWindow(plan.monochrome1() ? WHITE - centre : centre, high - low);
    }
    Photometric photometric =
        plan.monochrome1() ? Photometric.MONOCHROME1 : Photometric.MONOCHROME2;
    return new DicomImage(
        ids(plan, draw),
        PixelFormat.unsigned16(plan.height(), plan.width(), BITS, photometric),
        display,
        samples);
  }

  private static DicomIds ids(CasePlan plan, Draw draw) {
    String date =
        Integer.toString(
            (2110 + draw.below(90)) * 10_000 + (1 + draw.below(12)) * 100 + 1 + draw.below(28));
    String time =
        Integer.toString(
                1_000_000 + draw.below(24) * 10_000 + draw.below(60) * 100 + draw.below(60))
            .substring(1);
    return new DicomIds(
        DicomIds.DIGITAL_X_RAY,
        DicomIds.uidOf("image " + plan.dicomId()),
        DicomIds.uidOf("study " + plan.studyId()),
        DicomIds.uidOf("series " + plan.studyId()),
        Integer.toString(plan.patientId()),
        Integer.toString(plan.studyId()),
        date,
        time,
        "DX",
        "PA");
  }
}
