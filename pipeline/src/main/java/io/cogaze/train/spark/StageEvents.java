package io.cogaze.train.spark;

import io.cogaze.train.event.EventFile;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An epoch as one of TensorBoard's event files. The step of what a round gave is the number of
 * rounds of the stage so far, that of what an epoch gave the epoch. Values that are unknown or not
 * finite are left out.
 */
final class StageEvents {
  private final EpochRows rows;
  private final long roundsBefore;
  private final EventFile file;

  private StageEvents(EpochRows rows, long roundsBefore) {
    this.rows = rows;
    this.roundsBefore = roundsBefore;
    this.file = new EventFile(rows.roundEnds().isEmpty() ? rows.end() : rows.roundEnds().get(0));
  }

  /**
   * The file's bytes.
   *
   * @param roundsBefore rounds of the stage before this epoch
   * @param goesOn whether a session that goes on after a checkpoint begins with this epoch
   */
  static byte[] file(EpochRows rows, long roundsBefore, boolean goesOn) {
    StageEvents events = new StageEvents(rows, roundsBefore);
    if (goesOn) {
      events.file.sessionStart(events.rows.roundEnds().get(0), roundsBefore + 1);
    }
    for (int i = 0; i < rows.rounds().size(); i++) {
      events.round(i);
    }
    events.epoch();
    return events.file.bytes();
  }

  private void round(int index) {
    RoundRow round = rows.rounds().get(index);
    Map<String, Double> values = new LinkedHashMap<>();
    for (MetricRow row : rows.metrics()) {
      if (row.round() == round.round() && !row.metric().equals(Progress.SECONDS)) {
        put(values, "round/" + row.metric(), row);
      }
    }
    values.put("round/examples_per_second", round.examplesPerSecond());
    values.put("round/speed_up", round.speedUp());
    values.put("round_seconds/all", round.seconds());
    values.put("round_seconds/compute", round.parts().compute());
    values.put("round_seconds/read_wait", round.parts().readWait());
    values.put("round_seconds/serialise", round.parts().serialise());
    values.put("round_seconds/aggregate", round.parts().aggregate());
    values.put("round_seconds/broadcast", round.parts().broadcast());
    values.put("round_seconds/idle", round.parts().idle());
    file.scalars(rows.roundEnds().get(index), roundsBefore + index + 1, values);
  }

  private void epoch() {
    Map<String, Double> values = new LinkedHashMap<>();
    for (MetricRow row : rows.metrics()) {
      if (row.round() == 0) {
        put(values, row.split() + "/" + row.metric(), row);
      }
    }
    file.scalars(rows.end(), rows.epoch(), values);
  }

  private static void put(Map<String, Double> values, String tag, MetricRow row) {
    if (row.n() > 0 && Double.isFinite(row.value())) {
      values.put(tag, row.value());
    }
  }
}
