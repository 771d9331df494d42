package io.cogaze.train.spark;

import io.cogaze.shard.Split;
import io.cogaze.shard.SplitCounts;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.StageSettings;
import java.util.Collection;
import java.util.Map;

/**
 * How many examples a stage uses in an epoch, before the index is read; what {@link StageExamples}
 * and the sampler make of it. Of a stage with gaze and classes at most so many, as the manifest
 * does not say how many examples have both. Oversampling by class in a stage that trains gaze alone
 * is left out for the same reason.
 *
 * @param train different examples of an epoch
 * @param repeats uses beyond the first of each
 * @param valid examples of its validation
 */
record StageSize(long train, long repeats, long valid) {
  private static final String GAZE = "saliency";

  static StageSize of(StageSettings settings, Map<Split, SplitCounts> counts) {
    SplitCounts train = counts.get(Split.TRAIN);
    boolean repeats = settings.sampler() == SamplerKind.OVERSAMPLED && needsClass(settings);
    return new StageSize(
        useful(settings, train),
        repeats ? repeats(train.perClass().values()) : 0,
        useful(settings, counts.get(Split.VALID)));
  }

  private static boolean needsGaze(StageSettings settings) {
    return settings.heads().containsKey(GAZE);
  }

  private static boolean needsClass(StageSettings settings) {
    return settings.heads().keySet().stream().anyMatch(head -> !head.equals(GAZE));
  }

  private static long useful(StageSettings settings, SplitCounts counts) {
    long withClass = counts.perClass().values().stream().mapToLong(Long::longValue).sum();
    return Math.min(
        counts.examples(),
        (needsClass(settings) ? withClass : 0) + (needsGaze(settings) ? counts.withGaze() : 0));
  }

  /** What brings each class that there is to the size of the largest. */
  private static long repeats(Collection<Long> perClass) {
    long most = perClass.stream().mapToLong(Long::longValue).max().orElse(0);
    return perClass.stream().filter(count -> count > 0).mapToLong(count -> most - count).sum();
  }
}
