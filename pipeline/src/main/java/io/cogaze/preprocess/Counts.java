package io.cogaze.preprocess;

import io.cogaze.dataset.StudyRow;
import io.cogaze.shard.Split;
import io.cogaze.shard.SplitCounts;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counts of examples, patients and classes per split. */
final class Counts {
  private Counts() {}

  static Map<Split, SplitCounts> of(
      List<StudyRow> rows, Map<String, Split> splits, Set<String> withGaze, List<String> classes) {
    Map<Split, SplitCounts> counts = new EnumMap<>(Split.class);
    for (Split split : Split.values()) {
      List<StudyRow> in =
          rows.stream().filter(row -> splits.get(row.exampleId()) == split).toList();
      Map<String, Long> perClass = new LinkedHashMap<>();
      for (int i = 0; i < classes.size(); i++) {
        int wanted = i;
        perClass.put(
            classes.get(i), in.stream().filter(row -> row.targetClass() == wanted).count());
      }
      counts.put(
          split,
          new SplitCounts(
              in.size(),
              in.stream().map(StudyRow::patientId).distinct().count(),
              in.stream().filter(row -> withGaze.contains(row.exampleId())).count(),
              perClass));
    }
    return counts;
  }
}
