package io.cogaze.preprocess;

import io.cogaze.run.PhaseTimer;
import io.cogaze.shard.ShardManifest;
import java.net.URI;
import java.util.List;
import java.util.SortedMap;

/**
 * What preprocess did.
 *
 * @param alreadyDone true if the shard set was there for the same input and settings
 * @param quarantined reason to the number of records that are left out for it
 * @param warnings reason to the number of warnings
 * @param phases how long each phase took; empty when nothing was done
 */
public record PreprocessResult(
    URI output,
    ShardManifest manifest,
    boolean alreadyDone,
    List<PhaseTimer.Phase> phases,
    SortedMap<String, Long> quarantined,
    SortedMap<String, Long> warnings) {}
