package io.cogaze.report;

import org.apache.hadoop.fs.Path;

/**
 * What was reported.
 *
 * @param file the page
 * @param split the evaluated split that it is about
 * @param examples how many examples it shows
 */
public record ReportResult(Path file, String split, int examples) {}
