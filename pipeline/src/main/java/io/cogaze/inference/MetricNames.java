package io.cogaze.inference;

/** Names of the metrics in tables, summaries and reports. */
public final class MetricNames {
  /** One-vs-rest AUROC of a class. */
  public static final String AUROC = "auroc";

  /** Mean of the one-vs-rest AUROC of the classes. */
  public static final String AUROC_MACRO = "auroc_macro";

  /** AUROC over the flattened one-hot truth. */
  public static final String AUROC_MICRO = "auroc_micro";

  /** Share of examples whose most probable class is the true one. */
  public static final String ACCURACY = "accuracy";

  /** Expected calibration error of the most probable class, 10 bins. */
  public static final String CALIBRATION_ERROR = "calibration_error";

  /** Mean over images of the KL divergence, nats; lower is better. */
  public static final String KL_MEAN = "kl_mean";

  /** Mean over images of the correlation coefficient. */
  public static final String CC_MEAN = "cc_mean";

  /** Mean over images of the similarity, with the min-max step. */
  public static final String SIM_MEAN = "sim_mean";

  /** Mean over images of the histogram similarity, without the min-max step. */
  public static final String HS_MEAN = "hs_mean";

  /** Mean over images of the normalised scanpath saliency. */
  public static final String NSS_MEAN = "nss_mean";

  private MetricNames() {}
}
