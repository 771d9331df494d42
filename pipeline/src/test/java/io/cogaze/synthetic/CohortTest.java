package io.cogaze.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CohortTest {
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {0, 1, -7, 123_456_789_012L})
  void idsHaveTheRealFormsAndBelongToOneThingEach(long seed) {
    Cohort cohort = new Cohort(SyntheticSettings.defaults(), seed);
    List<CasePlan> plans = LongStream.range(0, 3000).mapToObj(cohort::plan).toList();
    Set<String> images = new HashSet<>();
    Set<Integer> studies = new HashSet<>();
    for (CasePlan plan : plans) {
      assertThat(plan.dicomId()).hasSize(44).matches("[0-9a-f]{8}(-[0-9a-f]{8}){4}");
      assertThat(plan.patientId()).isBetween(10_000_000, 19_999_999);
      assertThat(plan.studyId()).isBetween(50_000_000, 59_999_999);
      assertThat(plan.path())
          .matches("files/p1\\d/p1\\d{7}/s5\\d{7}/[0-9a-f-]{44}\\.dcm")
          .startsWith("files/p" + Integer.toString(plan.patientId()).substring(0, 2) + "/p");
      assertThat(images.add(plan.dicomId())).isTrue();
      assertThat(studies.add(plan.studyId())).isTrue();
    }
    Map<Integer, Long> perPatient =
        plans.stream().collect(Collectors.groupingBy(CasePlan::patientId, Collectors.counting()));
    Map<Long, Set<Integer>> idsOfPatient =
        plans.stream()
            .collect(
                Collectors.groupingBy(
                    CasePlan::patientIndex,
                    Collectors.mapping(CasePlan::patientId, Collectors.toSet())));
    assertThat(idsOfPatient.values()).allSatisfy(ids -> assertThat(ids).hasSize(1));
    assertThat(idsOfPatient).hasSameSizeAs(perPatient);
    double several = perPatient.values().stream().filter(n -> n > 1).count();
    assertThat(several / perPatient.size()).isCloseTo(0.04, within(0.015));
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {3, 4, 5})
  void evenASmallCohortHasItsClassShares(long seed) {
    Cohort cohort = new Cohort(SyntheticSettings.defaults(), seed);
    Map<Disease, Long> counts =
        LongStream.range(0, 100)
            .mapToObj(index -> cohort.plan(index).disease())
            .collect(Collectors.groupingBy(disease -> disease, Collectors.counting()));
    assertThat(counts).hasSize(3);
    assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(30L, 37L));
  }
}
