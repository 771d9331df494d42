package io.cogaze.report;

import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * What to report on.
 *
 * @param run the run folder
 * @param split the evaluated split; empty to take test, else valid, else train, whichever is there
 */
public record ReportRequest(Path run, Optional<String> split) {}
