package io.cogaze.preprocess;

import io.cogaze.run.PhaseTimer;
import io.cogaze.shard.ShardManifest;
import java.net.URI;
import java.util.List;

/**
 * What preprocess did.
 *
 * @param alreadyDone true if the shard set was there for the same input and settings
 * @param phases how long each phase took; empty when nothing was done
 */
public record PreprocessResult(
    URI output, ShardManifest manifest, boolean alreadyDone, List<PhaseTimer.Phase> phases) {}
