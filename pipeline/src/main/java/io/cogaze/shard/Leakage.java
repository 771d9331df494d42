package io.cogaze.shard;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What preprocessing found in more than one split, as manifests carry it to evaluations and
 * reports.
 *
 * @param splitRule name of the rule that split the examples, as configured
 * @param patientsInTwoSplits patients with examples in more than one split
 * @param picturesInTwoSplits pictures that are in more than one split under different ids
 */
public record Leakage(String splitRule, long patientsInTwoSplits, long picturesInTwoSplits) {
  /** Key of it in the body of a manifest. */
  public static final String KEY = "leakage";

  /** Name of the rule that keeps a patient's examples together. */
  public static final String BY_PATIENT = "patient";

  private static final String RULE = "split_rule";
  private static final String PATIENTS = "patients_in_two_splits";
  private static final String PICTURES = "pictures_in_two_splits";

  /** Whether scores on these splits are too good. */
  public boolean leaked() {
    return patientsInTwoSplits > 0 || picturesInTwoSplits > 0;
  }

  /** What is known of the splits, for people: one or two sentences. */
  public String sentence() {
    String rule =
        splitRule.equals(BY_PATIENT)
            ? "Splits are by patient"
            : "Splits are not by patient (rule " + splitRule + ")";
    if (!leaked()) {
      return rule + ": no patient and no picture is in two.";
    }
    List<String> found = new ArrayList<>();
    if (patientsInTwoSplits > 0) {
      found.add(
          patientsInTwoSplits == 1
              ? "1 patient has examples in more than one split"
              : patientsInTwoSplits + " patients have examples in more than one split");
    }
    if (picturesInTwoSplits > 0) {
      found.add(
          picturesInTwoSplits == 1
              ? "1 picture is in more than one split under different ids"
              : picturesInTwoSplits + " pictures are in more than one split under different ids");
    }
    return rule + ": " + String.join(", and ", found) + ".";
  }

  /** For the body of a manifest. */
  public Map<String, Object> body() {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put(RULE, splitRule);
    body.put(PATIENTS, patientsInTwoSplits);
    body.put(PICTURES, picturesInTwoSplits);
    return body;
  }

  /** From the body of a manifest; empty when its writer did not record it. */
  public static Optional<Leakage> ofBody(JsonNode body) {
    JsonNode node = body.path(KEY);
    return node.isObject()
        ? Optional.of(
            new Leakage(
                node.path(RULE).asText(),
                node.path(PATIENTS).asLong(),
                node.path(PICTURES).asLong()))
        : Optional.empty();
  }
}
