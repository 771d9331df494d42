package io.cogaze.train.spark;

import io.cogaze.shard.Split;
import io.cogaze.shard.SplitCounts;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.StageSettings;
import java.util.Collection;
import java.util.Map;

/**
 * How many examples a stage uses in an epoch, before the index is read; what {@link StageExamples}
 * and the sampler make of it. Of a stage with gaze and classes at most so many: that an example has
 * both is not counted.
 *
 * @param train examples of an epoch, repeats included
 * @param valid examples of its validation
 */
record StageSize(long train, long valid) {
  private static final String GAZE = "saliency";

  static StageSize of(StageSettings settings, Map<Split, SplitCounts> counts) {
    SplitCounts train = counts.get(Split.TRAIN);
    return new StageSize(
        useful(settings, train)
            + (settings.sampler() == SamplerKind.OVERSAMPLED
                ? repeats(train.perClass().values())
                : 0),
        useful(settings, counts.get(Split.VALID)));
  }

  private static long useful(StageSettings settings, SplitCounts counts) {
    boolean needsGaze = settings.heads().containsKey(GAZE);
    boolean needsClass = settings.heads().size() > (needsGaze ? 1 : 0);
    long withClass = counts.perClass().values().stream().mapToLong(Long::longValue).sum();
    return Math.min(
        counts.examples(), (needsClass ? withClass : 0) + (needsGaze ? counts.withGaze() : 0));
  }

  /** What brings each class that there is to the size of the largest. */
  private static long repeats(Collection<Long> perClass) {
    long most = perClass.stream().mapToLong(Long::longValue).max().orElse(0);
    return perClass.stream().filter(count -> count > 0).mapToLong(count -> most - count).sum();
  }
}
