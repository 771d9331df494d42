package io.cogaze.synthetic;

import java.net.URI;
import java.util.Map;

/**
 * What was made.
 *
 * @param output the folder that holds {@code egd-cxr/1.0.0} and {@code mimic-cxr/2.0.0}
 * @param patients different patients
 * @param imagesPerClass by column name of master_sheet.csv, in its order
 * @param gazeSamples records of eye_gaze.csv
 * @param fixations records of fixations.csv
 * @param contentSha256 of every image, mask and transcript and of the tables; equal results have
 *     equal hashes
 * @param alreadyDone whether the folder held this result before and nothing was written
 */
public record SyntheticResult(
    URI output,
    long images,
    long patients,
    Map<String, Long> imagesPerClass,
    long gazeSamples,
    long fixations,
    String contentSha256,
    boolean alreadyDone) {}
