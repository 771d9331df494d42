package io.cogaze.dataset;

import java.io.Serializable;
import java.util.Map;

/**
 * The one canonical record that every data set becomes: one image as one reader saw it. Gaze
 * travels apart, as {@link GazeTrack}s with the same image id, because it is large.
 *
 * @param exampleId unique in the data set: image id, and the reader where there are several
 * @param patientId the data set's own patient id; never written into shards
 * @param reader name of the reader, or empty
 * @param image location of the image file, a Hadoop path
 * @param imageName the same for people: file name with patient and study folders masked
 * @param labels finding to 1, 0 or -1 (uncertain); an absent name is unknown
 * @param targetClass index into the data set's target classes
 * @param masks organ name to location of a mask image; the files may be absent
 * @param source the table that the record came from
 * @param line the record's line in it
 */
public record StudyRow(
    String dataset,
    String exampleId,
    String imageId,
    String studyId,
    String patientId,
    String reader,
    String image,
    String imageName,
    Map<String, Float> labels,
    int targetClass,
    Map<String, String> masks,
    String source,
    long line)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The same without organ masks. */
  public StudyRow withoutMasks() {
    return new StudyRow(
        dataset,
        exampleId,
        imageId,
        studyId,
        patientId,
        reader,
        image,
        imageName,
        labels,
        targetClass,
        Map.of(),
        source,
        line);
  }
}
