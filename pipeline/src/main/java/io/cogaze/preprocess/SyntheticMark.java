package io.cogaze.preprocess;

import io.cogaze.run.Manifest;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Tells whether a data set was made by {@code synthesize}, so that shards, models and reports made
 * from it can say so. The data set lies in the official layout below a folder whose manifest is of
 * kind synthetic.
 */
final class SyntheticMark {
  private static final String KIND = "synthetic";

  /** The official layout is {@code egd-cxr/1.0.0} below the root. */
  private static final int LEVELS = 3;

  private SyntheticMark() {}

  /** Whether the folder, or one of the three around it, is a synthetic data set's root. */
  static boolean isOn(Configuration conf, URI input) throws IOException {
    Path folder = new Path(input);
    for (int level = 0; level <= LEVELS && folder != null; level++) {
      Optional<Manifest> manifest = Manifest.readIfPresent(folder.getFileSystem(conf), folder);
      if (manifest.isPresent() && manifest.get().kind().equals(KIND)) {
        return true;
      }
      folder = folder.getParent();
    }
    return false;
  }
}
