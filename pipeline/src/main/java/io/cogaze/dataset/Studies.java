package io.cogaze.dataset;

import io.cogaze.shard.Issue;
import java.util.List;

/**
 * What the table of studies gave.
 *
 * @param rows usable rows, ordered by example id
 * @param quarantine rows that were left out, one issue each
 * @param warnings rows that stay although something is wrong with them
 */
public record Studies(List<StudyRow> rows, List<Issue> quarantine, List<Issue> warnings) {}
