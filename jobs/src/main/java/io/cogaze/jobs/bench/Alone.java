package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.Locale;

/** CoGaze's side of a case and a phase, measured where there is no PyTorch to compare with. */
public record Alone(BenchCase subject, int threads, Phase phase, Side cogaze) {
  /** The object that {@code --json} prints. */
  public ObjectNode toJson() {
    return subject
        .row(threads, phase)
        .put("cogaze_s", cogaze.seconds())
        .put("cogaze_first_s", cogaze.firstSeconds())
        .put("peak_mb", cogaze.peakMb());
  }

  /** For people. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s %s, %d threads: %.3f s a step (%.3f - %.3f), the first %.3f s, peak %d MiB; %s",
        subject,
        phase.label(),
        threads,
        cogaze.seconds(),
        Collections.min(cogaze.pairs()),
        Collections.max(cogaze.pairs()),
        cogaze.firstSeconds(),
        cogaze.peakMb(),
        cogaze.engine());
  }
}
