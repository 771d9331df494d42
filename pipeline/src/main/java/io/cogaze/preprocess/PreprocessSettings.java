package io.cogaze.preprocess;

import io.cogaze.config.Positive;
import io.cogaze.config.Range;
import io.cogaze.dataset.SplitSettings;
import io.cogaze.shard.StorageSettings;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The block {@code cogaze.preprocess}.
 *
 * @param imagesRoot folder that holds MIMIC-CXR's files folder; empty to look for it below the
 *     input
 * @param pseudonymKey key of the keyed hash that replaces patient and study ids
 * @param masks whether organ masks are read where the data set has them
 * @param maxQuarantinedShare the job fails when a larger share of the records is left out, 0..1
 * @param examplesPerShard examples of one data file, which is one task
 */
public record PreprocessSettings(
    String imagesRoot,
    String pseudonymKey,
    CanvasSettings canvas,
    IntensityOptions intensity,
    GazeSettings gaze,
    boolean masks,
    SplitSettings split,
    @Range(min = 0, max = 1) double maxQuarantinedShare,
    @Positive int examplesPerShard,
    StorageSettings storage)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The key that reference.conf has; everybody knows it. */
  public static final String PUBLIC_KEY = "not-secret";

  public PreprocessSettings {
    if (pseudonymKey.isEmpty()) {
      throw new IllegalArgumentException("pseudonym-key is empty");
    }
  }

  /** What a model must know to see a new image as it saw these; key to value, in order. */
  Map<String, String> forModels() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("native_height_px", Integer.toString(canvas.nativeHeightPx()));
    values.put("native_width_px", Integer.toString(canvas.nativeWidthPx()));
    values.put("scale", Double.toString(canvas.scale()));
    values.put("output_height_px", Integer.toString(canvas.outputHeightPx()));
    values.put("output_width_px", Integer.toString(canvas.outputWidthPx()));
    values.put("reduction", Double.toString(canvas.reduction()));
    values.put("reduction_method", lower(canvas.method()));
    values.put("intensity_mode", lower(intensity.mode()));
    values.put("intensity_low_percentile", Double.toString(intensity.lowPercentile()));
    values.put("intensity_high_percentile", Double.toString(intensity.highPercentile()));
    values.put("intensity_inversion", lower(intensity.inversion()));
    values.put("gaze_source", lower(gaze.source()));
    values.put("gaze_sigma_px", Double.toString(gaze.sigmaPx()));
    values.put("gaze_radius_px", Integer.toString(gaze.radiusPx()));
    return values;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
