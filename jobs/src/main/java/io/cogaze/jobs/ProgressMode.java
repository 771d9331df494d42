package io.cogaze.jobs;

/** The values of {@code --progress}. */
enum ProgressMode {
  /** A line that is drawn anew, where the launcher found a terminal; else as {@link #PLAIN}. */
  AUTO,
  /** Lines of the log. */
  PLAIN,
  /** Nothing about work under way; the log still says what begins and what is done. */
  NONE
}
