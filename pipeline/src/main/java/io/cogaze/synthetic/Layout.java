package io.cogaze.synthetic;

/** Folders below the output folder. */
final class Layout {
  static final String EGD = "egd-cxr/1.0.0";
  static final String MIMIC = "mimic-cxr/2.0.0";
  static final String PARTS = "_parts";

  /** Says that CoGaze began to write here; a folder without it is never deleted. */
  static final String STARTED = "_synthetic.json";

  private Layout() {}

  static String masks(CasePlan plan) {
    return EGD + "/audio_segmentation_transcripts/" + plan.dicomId();
  }
}
