package io.cogaze.preprocess;

import io.cogaze.run.ConfigStamp;
import io.cogaze.run.LockSettings;
import java.net.URI;

/**
 * What to preprocess.
 *
 * @param dataset name of the data set, for instance egd-cxr
 * @param input folder of the data set
 * @param output folder of the shard set
 * @param config hash and values of the block {@code preprocess}
 * @param configText the resolved configuration, without secrets, for the folder's {@code
 *     config-....conf}
 * @param overwrite whether a shard set made with other settings may be replaced
 * @param lock how long the output folder's lock outlives its holder
 */
public record PreprocessRequest(
    String dataset,
    URI input,
    URI output,
    ConfigStamp config,
    String configText,
    boolean overwrite,
    LockSettings lock) {

  /** With the default lock. */
  public PreprocessRequest(
      String dataset,
      URI input,
      URI output,
      ConfigStamp config,
      String configText,
      boolean overwrite) {
    this(dataset, input, output, config, configText, overwrite, LockSettings.DEFAULT);
  }
}
