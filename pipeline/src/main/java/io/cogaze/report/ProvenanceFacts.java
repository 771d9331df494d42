package io.cogaze.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.report.ReportContent.Fact;
import io.cogaze.report.ReportContent.FactGroup;
import io.cogaze.run.Versions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Groups the facts about where the figures come from: per stage, and what all stages share. */
final class ProvenanceFacts {
  private static final String TRAINED_WITH = "trained with ";

  private ProvenanceFacts() {}

  /**
   * The groups in the order to show them.
   *
   * @param first facts that stand before those of the evaluation
   * @param recorded what the evaluation recorded: name to value, names of a stage's facts begin
   *     with {@code stage NAME}
   */
  static List<FactGroup> of(List<Fact> first, JsonNode recorded, List<String> stages) {
    List<Fact> evaluation = new ArrayList<>(first);
    List<Fact> training = new ArrayList<>();
    Map<String, Map<String, String>> ofStages = new LinkedHashMap<>();
    stages.forEach(stage -> ofStages.put(stage, new TreeMap<>()));
    recorded
        .fields()
        .forEachRemaining(
            field -> {
              String name = field.getKey();
              String value = field.getValue().asText();
              String owner =
                  stages.stream()
                      .filter(stage -> name.startsWith("stage " + stage + " "))
                      .findFirst()
                      .orElse("");
              if (!owner.isEmpty()) {
                String own = name.substring("stage ".length() + owner.length() + 1);
                if (!own.equals("stage")) {
                  ofStages.get(owner).put(own.replace('_', ' '), value);
                }
              } else if (name.startsWith(TRAINED_WITH)) {
                training.add(new Fact(name.substring(TRAINED_WITH.length()), value));
              } else {
                evaluation.add(new Fact(name, value));
              }
            });
    List<FactGroup> groups = new ArrayList<>();
    groups.add(new FactGroup("Evaluation", evaluation));
    if (stages.size() > 1) {
      groups.add(new FactGroup("All evaluated stages", common(ofStages)));
    }
    ofStages.forEach((stage, facts) -> groups.add(new FactGroup("Stage " + stage, facts(facts))));
    groups.add(new FactGroup("Trained with", training));
    groups.add(new FactGroup("Reported with", facts(Versions.current().asMap())));
    groups.removeIf(group -> group.facts().isEmpty());
    return groups;
  }

  /** Takes out of every stage what all of them say alike. */
  private static List<Fact> common(Map<String, Map<String, String>> ofStages) {
    Map<String, String> shared = new TreeMap<>(ofStages.values().iterator().next());
    ofStages.values().forEach(facts -> shared.entrySet().retainAll(facts.entrySet()));
    ofStages.values().forEach(facts -> facts.keySet().removeAll(shared.keySet()));
    return facts(shared);
  }

  private static List<Fact> facts(Map<String, String> values) {
    List<Fact> facts = new ArrayList<>();
    values.forEach((name, value) -> facts.add(new Fact(name, value)));
    return facts;
  }
}
