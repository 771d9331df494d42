package io.cogaze.shard;

import io.cogaze.error.InputException;
import java.io.IOException;
import java.io.Serializable;
import java.net.URI;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What an executor needs to read a shard set: the folder, the sizes of the files that the manifest
 * lists, and the Hadoop configuration. Serialisable.
 */
public final class ShardHandle implements Serializable {
  private static final long serialVersionUID = 1L;

  private final URI folder;
  private final Map<String, Long> sizes;
  private final HadoopConf conf;

  ShardHandle(URI folder, Map<String, Long> sizes, Configuration conf) {
    this.folder = folder;
    this.sizes = Map.copyOf(sizes);
    this.conf = new HadoopConf(conf);
  }

  /** The shard set's folder. */
  public URI folder() {
    return folder;
  }

  /**
   * Opens a data file.
   *
   * @param file name relative to the folder, as index entries have it
   * @throws InputException if the manifest does not list the file, or the file is missing, damaged
   *     or of another size than the manifest says
   */
  public ShardReader reader(String file) {
    Path path = path(file);
    return new ShardReader(ShardTables.EXAMPLES.reader(conf.get(), path));
  }

  /** The path of a listed file, after its size was checked. */
  Path path(String file) {
    Long size = sizes.get(file);
    if (size == null) {
      throw new InputException(
          "Cannot read "
              + file
              + " of the shard set "
              + new Path(folder)
              + ": its manifest lists no such file"
              + "\n  cause: the file belongs to an interrupted or a replaced run"
              + "\n  fix: read the index of this shard set again");
    }
    Path path = new Path(new Path(folder), file);
    long found;
    try {
      FileSystem fs = path.getFileSystem(conf.get());
      found = fs.getFileStatus(path).getLen();
    } catch (IOException e) {
      throw new InputException(
          "Cannot read "
              + path
              + ", which the manifest of the shard set lists: "
              + e.getMessage()
              + "\n  fix: copy the shard set again, or run preprocess again with --overwrite",
          e);
    }
    if (found != size) {
      throw new InputException(
          "Cannot read "
              + path
              + ": it has "
              + found
              + " bytes, its manifest says "
              + size
              + "\n  cause: an incomplete copy, or the file was changed"
              + "\n  fix: copy the shard set again, or run preprocess again with --overwrite");
    }
    return path;
  }
}
