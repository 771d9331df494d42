package io.cogaze.shard;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One preprocessed example: one image as one reader saw it.
 *
 * @param exampleId unique in the shard set: image id and reader
 * @param imageId the data set's image id
 * @param studyId the data set's study id, keyed hash
 * @param patientKey keyed hash of the patient id; shards carry no identifier of a person
 * @param dataset name of the data set, for instance egd-cxr
 * @param reader name of the reader, or empty
 * @param height rows of the canvas, pixels
 * @param width columns of the canvas, pixels
 * @param pixels grey values, unsigned 16 bit, shape [height * width] row-major, 65535 = intensity 1
 * @param gaze the gaze map, or empty where there is no gaze or its mass is zero
 * @param masks organ name to bits, row-major, 8 pixels a byte, most significant bit first, each row
 *     padded to a byte
 * @param labels finding name to value; an absent name is unknown, never 0
 * @param fixations in canvas pixels, in time order; empty when unknown
 */
public record Example(
    String exampleId,
    String imageId,
    String studyId,
    String patientKey,
    String dataset,
    String reader,
    Split split,
    int height,
    int width,
    short[] pixels,
    Optional<SaliencyTarget> gaze,
    Map<String, byte[]> masks,
    Map<String, Float> labels,
    List<ShardFixation> fixations,
    Geometry geometry) {}
