package io.cogaze.dataset;

import io.cogaze.error.InputException;
import io.cogaze.shard.Split;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Puts examples into splits. The result depends on the set of examples and the settings, never on
 * their order.
 */
public final class SplitAssignment {
  private SplitAssignment() {}

  /**
   * Example id to split.
   *
   * <p>By patient: a patient counts for the rarest of the classes of its examples (by examples,
   * ties by the lower class), so that rare classes are spread evenly. Of n patients of a class the
   * first round(n * train) in the order of their hashes are train, the next up to round(n * (train
   * + valid)) valid, the rest test.
   */
  public static Map<String, Split> assign(Collection<StudyRow> rows, SplitSettings settings) {
    KeyedHash hash = new KeyedHash("split " + settings.seed());
    return switch (settings.rule()) {
      case PATIENT -> byPatient(rows, settings, hash);
      case AUTHORS_BY_IMAGE -> byImage(rows, hash);
    };
  }

  private static Map<String, Split> byPatient(
      Collection<StudyRow> rows, SplitSettings settings, KeyedHash hash) {
    Map<Integer, Long> size = new HashMap<>();
    rows.forEach(row -> size.merge(row.targetClass(), 1L, Long::sum));
    Comparator<Integer> rarest =
        Comparator.<Integer>comparingLong(size::get).thenComparing(Comparator.naturalOrder());
    Map<String, Integer> patients = new HashMap<>();
    for (StudyRow row : rows) {
      patients.merge(
          row.patientId(), row.targetClass(), (a, b) -> rarest.compare(a, b) <= 0 ? a : b);
    }
    Map<Integer, List<String>> strata = new TreeMap<>();
    patients.forEach(
        (patient, stratum) ->
            strata.computeIfAbsent(stratum, any -> new ArrayList<>()).add(patient));
    Map<String, Split> ofPatient = new HashMap<>();
    for (List<String> stratum : strata.values()) {
      List<String> ordered = ordered(stratum, hash);
      long train = Math.round(ordered.size() * settings.train());
      long valid = Math.round(ordered.size() * (settings.train() + settings.valid()));
      for (int i = 0; i < ordered.size(); i++) {
        ofPatient.put(
            ordered.get(i), i < train ? Split.TRAIN : i < valid ? Split.VALID : Split.TEST);
      }
    }
    Map<String, Split> splits = new TreeMap<>();
    rows.forEach(row -> splits.put(row.exampleId(), ofPatient.get(row.patientId())));
    return splits;
  }

  private static Map<String, Split> byImage(Collection<StudyRow> rows, KeyedHash hash) {
    Map<Integer, List<String>> classes = new TreeMap<>();
    for (StudyRow row : rows) {
      classes.computeIfAbsent(row.targetClass(), any -> new ArrayList<>()).add(row.exampleId());
    }
    Map<String, Split> splits = new TreeMap<>();
    for (List<String> ids : classes.values()) {
      int k = 0;
      for (String id : ordered(ids, hash)) {
        k++;
        splits.put(id, k % 10 <= 1 ? Split.TEST : k % 10 == 2 ? Split.VALID : Split.TRAIN);
      }
    }
    return splits;
  }

  private static List<String> ordered(List<String> ids, KeyedHash hash) {
    Map<String, String> hashes = new HashMap<>();
    ids.forEach(id -> hashes.put(id, hash.of(id)));
    return ids.stream()
        .sorted(Comparator.<String, String>comparing(hashes::get).thenComparing(id -> id))
        .toList();
  }

  /**
   * Counts examples per split and class.
   *
   * @throws InputException if a split with a share above 0 lacks a class
   */
  public static Map<Split, long[]> requireEveryClass(
      Collection<StudyRow> rows,
      Map<String, Split> splits,
      List<String> classes,
      SplitSettings settings) {
    Map<Split, long[]> counts = new EnumMap<>(Split.class);
    for (Split split : Split.values()) {
      counts.put(split, new long[classes.size()]);
    }
    for (StudyRow row : rows) {
      counts.get(splits.get(row.exampleId()))[row.targetClass()]++;
    }
    for (Split split : Split.values()) {
      for (int i = 0; i < classes.size(); i++) {
        if (counts.get(split)[i] == 0 && share(split, settings) > 0) {
          throw new InputException(empty(split, classes.get(i), classes, counts));
        }
      }
    }
    return counts;
  }

  private static double share(Split split, SplitSettings settings) {
    if (settings.rule() == SplitRule.AUTHORS_BY_IMAGE) {
      return 1;
    }
    return switch (split) {
      case TRAIN -> settings.train();
      case VALID -> settings.valid();
      case TEST -> settings.test();
    };
  }

  private static String empty(
      Split split, String name, List<String> classes, Map<Split, long[]> counts) {
    StringBuilder message = new StringBuilder();
    message
        .append("Cannot split the data set: class ")
        .append(name)
        .append(" would be empty in split ")
        .append(split.label())
        .append("\n  counts:");
    counts.forEach(
        (each, perClass) -> {
          message.append("\n    ").append(each.label()).append(":");
          for (int i = 0; i < classes.size(); i++) {
            message.append(' ').append(classes.get(i)).append(' ').append(perClass[i]);
          }
        });
    return message
        .append("\n  cause: too few patients of the class for the shares")
        .append(
            "\n  fix:   add data of the class, change cogaze.preprocess.split.train, valid and test"
                + " (a share of 0 leaves a split empty on purpose), or try another"
                + " cogaze.preprocess.split.seed")
        .toString();
  }
}
