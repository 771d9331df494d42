package io.cogaze.synthetic;

import io.cogaze.run.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the reader dictates, as transcript.json has it: words with their times in seconds. */
final class Transcript {
  private static final List<String> NORMAL =
      List.of(
          "The lungs are clear. The heart size is normal. No effusion.",
          "No focal consolidation. Cardiac silhouette is within normal limits.");

  private static final List<String> CHF =
      List.of(
          "The heart is enlarged. There is pulmonary edema with perihilar haze.",
          "Cardiomegaly with vascular congestion and septal lines.");

  private static final List<String> PNEUMONIA =
      List.of(
          "There is a focal opacity with air bronchograms, concerning for pneumonia.",
          "Focal consolidation in the lung. The heart size is normal.");

  private Transcript() {}

  static byte[] of(CasePlan plan, double seconds) {
    Draw draw = Draw.of(plan.seed(), plan.imageIndex(), "transcript");
    List<String> sentences =
        switch (plan.disease()) {
          case NORMAL -> NORMAL;
          case CHF -> CHF;
          case PNEUMONIA -> PNEUMONIA;
        };
    String text = sentences.get(draw.below(sentences.size()));
    String[] words = text.split(" ", -1);
    double begin = seconds * 0.35;
    double each = (seconds * 0.95 - begin) / words.length;
    List<Map<String, Object>> phrases = new ArrayList<>();
    for (int k = 0; k < words.length; k++) {
      Map<String, Object> phrase = new LinkedHashMap<>();
      phrase.put("phrase", words[k]);
      phrase.put("begin_time", hundredths(begin + k * each));
      phrase.put("end_time", hundredths(begin + (k + 0.9) * each));
      phrases.add(phrase);
    }
    Map<String, Object> whole = new LinkedHashMap<>();
    whole.put("full_text", text);
    whole.put("time_stamped_text", phrases);
    return Json.bytes(whole);
  }

  private static double hundredths(double seconds) {
    return Math.round(seconds * 100) / 100.0;
  }
}
