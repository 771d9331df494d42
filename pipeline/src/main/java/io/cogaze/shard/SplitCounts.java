package io.cogaze.shard;

import java.util.Map;

/**
 * How much one split holds.
 *
 * @param examples number of examples
 * @param patients number of patients
 * @param withGaze number of examples with a gaze map
 * @param perClass examples per target class, in the order of the target classes
 */
public record SplitCounts(
    long examples, long patients, long withGaze, Map<String, Long> perClass) {}
