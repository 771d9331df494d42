package io.cogaze.shard;

import java.io.Serializable;

/**
 * One example of a shard set, without its pixels.
 *
 * @param targetClass index into the manifest's target classes, or -1 when the class is unknown
 * @param hasGaze whether the example has a gaze map
 * @param file data file, relative to the shard set's folder
 * @param rowGroup row group within the file, from 0
 * @param row row within the row group, from 0
 */
public record IndexEntry(
    String exampleId,
    String patientKey,
    Split split,
    int targetClass,
    boolean hasGaze,
    String file,
    int rowGroup,
    int row)
    implements Serializable {
  private static final long serialVersionUID = 1L;
}
