package io.cogaze.shard;

import java.io.Serializable;

/**
 * What was written, for the manifest.
 *
 * @param sha256 lower-case hex of the file's bytes, computed while writing
 */
public record WrittenFile(long sizeBytes, String sha256, long rows) implements Serializable {
  private static final long serialVersionUID = 1L;
}
