package io.cogaze.dataset;

import io.cogaze.shard.Fingerprint;
import io.cogaze.shard.Issue;
import io.cogaze.shard.Split;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Looks for what training must not have seen: patients and pictures that are in two splits. */
public final class LeakageCheck {
  private static final String STAGE = "leakage";

  private LeakageCheck() {}

  /** One warning per patient with examples in more than one split; the patient is not named. */
  public static List<Issue> patients(Collection<StudyRow> rows, Map<String, Split> splits) {
    Map<String, List<StudyRow>> byPatient = new TreeMap<>();
    rows.forEach(
        row -> byPatient.computeIfAbsent(row.patientId(), any -> new ArrayList<>()).add(row));
    List<Issue> issues = new ArrayList<>();
    for (List<StudyRow> examples : byPatient.values()) {
      Set<Split> in = EnumSet.noneOf(Split.class);
      examples.forEach(row -> in.add(splits.get(row.exampleId())));
      if (in.size() > 1) {
        StudyRow first = examples.get(0);
        issues.add(
            new Issue(
                first.source(),
                first.line(),
                first.exampleId(),
                STAGE,
                Reason.PATIENT_IN_TWO_SPLITS.name(),
                "The patient of this image has "
                    + examples.size()
                    + " images in the splits "
                    + labels(in)
                    + "; scores on them are too good; fix: cogaze.preprocess.split.rule ="
                    + " patient"));
      }
    }
    return issues;
  }

  /**
   * One warning per picture that occurs in more than one split, found by the hash of its pixels.
   */
  public static List<Issue> pixels(Collection<Fingerprint> prints, String source) {
    Map<String, List<Fingerprint>> byPixels = new TreeMap<>();
    prints.forEach(
        print ->
            byPixels.computeIfAbsent(print.pixelsSha256(), any -> new ArrayList<>()).add(print));
    List<Issue> issues = new ArrayList<>();
    for (List<Fingerprint> equal : byPixels.values()) {
      Set<Split> in = EnumSet.noneOf(Split.class);
      equal.forEach(print -> in.add(print.split()));
      if (in.size() > 1) {
        List<String> ids = equal.stream().map(Fingerprint::exampleId).sorted().toList();
        issues.add(
            new Issue(
                source,
                0,
                ids.get(0),
                STAGE,
                Reason.DUPLICATE_PIXELS.name(),
                "Equal pictures under different ids are in the splits "
                    + labels(in)
                    + ": "
                    + String.join(", ", ids.subList(0, Math.min(10, ids.size())))
                    + (ids.size() > 10 ? ", ..." : "")
                    + "; fix: remove all but one of them from the table"));
      }
    }
    return issues;
  }

  private static String labels(Set<Split> splits) {
    return String.join(", ", splits.stream().map(Split::label).toList());
  }
}
