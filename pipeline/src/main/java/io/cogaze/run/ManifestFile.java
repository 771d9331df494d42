package io.cogaze.run;

import java.io.Serializable;
import java.util.OptionalLong;

/**
 * One file that a manifest lists.
 *
 * @param name path relative to the folder, parts separated by {@code /}
 * @param sizeBytes its length
 * @param sha256 of its bytes, 64 hex digits
 * @param rowCount rows, -1 where that means nothing
 */
public record ManifestFile(String name, long sizeBytes, String sha256, long rowCount)
    implements Serializable {

  public ManifestFile {
    boolean inside =
        !name.isEmpty()
            && !name.startsWith("/")
            && !("/" + name + "/").matches(".*/(\\.\\.?)?/.*")
            && !name.contains(":");
    if (!inside) {
      throw new IllegalArgumentException(
          "Cannot list file '" + name + "': expected a path inside the folder");
    }
    if (sizeBytes < 0 || !sha256.matches("[0-9a-f]{64}") || rowCount < -1) {
      throw new IllegalArgumentException(
          "Cannot list file '%s': size %d, sha256 '%s', rows %d"
              .formatted(name, sizeBytes, sha256, rowCount));
    }
  }

  /** The rows, empty where that means nothing. */
  public OptionalLong rows() {
    return rowCount < 0 ? OptionalLong.empty() : OptionalLong.of(rowCount);
  }
}
