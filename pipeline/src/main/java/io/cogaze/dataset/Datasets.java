package io.cogaze.dataset;

import io.cogaze.error.ConfigurationException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The data sets that CoGaze reads, by name. */
public final class Datasets {
  private Datasets() {}

  /** Names for the command line. */
  public static List<String> names() {
    return List.of(EgdCxrDataset.NAME);
  }

  /**
   * Opens a data set.
   *
   * @param imagesRoot where the images are, or empty to look for them below the input
   * @throws ConfigurationException if there is no data set of this name
   * @throws io.cogaze.error.InputException if the folder does not hold it
   */
  public static Dataset open(
      String name, Configuration conf, Path input, Optional<Path> imagesRoot) {
    if (name.equals(EgdCxrDataset.NAME)) {
      return EgdCxrDataset.open(conf, input, imagesRoot);
    }
    throw new ConfigurationException(
        "Cannot preprocess the data set '"
            + name
            + "': no such data set"
            + "\n  fix: --dataset with one of "
            + String.join(", ", names()));
  }
}
