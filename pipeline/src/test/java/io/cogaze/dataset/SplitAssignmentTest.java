package io.cogaze.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.error.InputException;
import io.cogaze.shard.Split;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SplitAssignmentTest {
  private static final List<String> CLASSES = List.of("Normal", "CHF", "pneumonia");

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 20));
  }

  private static SplitSettings byPatient(long seed) {
    return new SplitSettings(SplitRule.PATIENT, 0.7, 0.1, 0.2, seed);
  }

  private static StudyRow row(String id, String patient, int targetClass) {
    return new StudyRow(
        "egd-cxr",
        id,
        id,
        "s" + id,
        patient,
        "",
        "image",
        "image",
        Map.of(),
        targetClass,
        Map.of(),
        "master_sheet.csv",
        2);
  }

  /** Patients with one to four images, of any classes. */
  private static List<StudyRow> draw(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<StudyRow> rows = new ArrayList<>();
    int patients = random.nextInt(30, 400);
    for (int p = 0; p < patients; p++) {
      for (int i = random.nextInt(10) == 0 ? random.nextInt(2, 5) : 1; i > 0; i--) {
        rows.add(row("image-" + rows.size(), "patient-" + p, random.nextInt(3)));
      }
    }
    return rows;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void everyPatientIsInOneSplitAndEveryImageInOne(long seed) {
    List<StudyRow> rows = draw(seed);
    Map<String, Split> splits = SplitAssignment.assign(rows, byPatient(seed));
    assertThat(splits).hasSize(rows.size());
    Map<String, Set<Split>> ofPatient = new HashMap<>();
    rows.forEach(
        row ->
            ofPatient
                .computeIfAbsent(row.patientId(), any -> EnumSet.noneOf(Split.class))
                .add(splits.get(row.exampleId())));
    assertThat(ofPatient.values()).allSatisfy(in -> assertThat(in).hasSize(1));
    assertThat(LeakageCheck.patients(rows, splits)).isEmpty();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theOrderOfTheRowsDoesNotMatterButTheSeedDoes(long seed) {
    List<StudyRow> rows = draw(seed);
    List<StudyRow> shuffled = new ArrayList<>(rows);
    Collections.shuffle(shuffled, new Random(seed));
    assertThat(SplitAssignment.assign(shuffled, byPatient(seed)))
        .isEqualTo(SplitAssignment.assign(rows, byPatient(seed)));
    assertThat(SplitAssignment.assign(rows, byPatient(seed + 1000)))
        .isNotEqualTo(SplitAssignment.assign(rows, byPatient(seed)));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void sharesOfPatientsHoldWithinRoundingPerClass(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<StudyRow> rows = new ArrayList<>();
    int[] sizes = new int[3];
    for (int p = 0; p < random.nextInt(40, 600); p++) {
      int targetClass = random.nextInt(3);
      sizes[targetClass]++;
      rows.add(row("image-" + p, "patient-" + p, targetClass));
    }
    Map<String, Split> splits = SplitAssignment.assign(rows, byPatient(seed));
    for (int c = 0; c < 3; c++) {
      int wanted = c;
      for (Split split : Split.values()) {
        double share =
            switch (split) {
              case TRAIN -> 0.7;
              case VALID -> 0.1;
              case TEST -> 0.2;
            };
        long found =
            rows.stream()
                .filter(r -> r.targetClass() == wanted && splits.get(r.exampleId()) == split)
                .count();
        assertThat((double) found)
            .as("seed %d class %d %s of %d", seed, c, split, sizes[c])
            .isCloseTo(share * sizes[c], within(1.0));
      }
    }
  }

  @Test
  void aPatientOfTwoClassesCountsForTheRarerOne() {
    List<StudyRow> rows = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      rows.add(row("n" + i, "pn" + i, 0));
      rows.add(row("c" + i, "pc" + i, 1));
    }
    // Ten patients hold all images of the rare class, and one image of a common class each.
    for (int i = 0; i < 10; i++) {
      rows.add(row("r" + i, "pr" + i, 2));
      rows.add(row("rn" + i, "pr" + i, 0));
    }
    Map<String, Split> splits = SplitAssignment.assign(rows, byPatient(1));
    long train =
        rows.stream()
            .filter(r -> r.targetClass() == 2 && splits.get(r.exampleId()) == Split.TRAIN)
            .count();
    assertThat(train).isEqualTo(7);
  }

  @ParameterizedTest(name = "{0} images of a class: {1}/{2}/{3}")
  @CsvSource({"10, 7, 1, 2", "100, 70, 10, 20", "361, 252, 36, 73", "1083, 757, 109, 217"})
  void theAuthorsRuleGivesTheirCounts(int images, int train, int valid, int test) {
    List<StudyRow> rows = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      rows.add(row("image-" + i, "patient-" + i / 2, 0));
    }
    SplitSettings settings = new SplitSettings(SplitRule.AUTHORS_BY_IMAGE, 0.7, 0.1, 0.2, 0);
    Map<String, Split> splits = SplitAssignment.assign(rows, settings);
    assertThat(Collections.frequency(splits.values(), Split.TRAIN)).isEqualTo(train);
    assertThat(Collections.frequency(splits.values(), Split.VALID)).isEqualTo(valid);
    assertThat(Collections.frequency(splits.values(), Split.TEST)).isEqualTo(test);
    if (images == 100) {
      assertThat(LeakageCheck.patients(rows, splits))
          .isNotEmpty()
          .allSatisfy(
              issue -> {
                assertThat(issue.reason()).isEqualTo("PATIENT_IN_TWO_SPLITS");
                assertThat(issue.message()).contains("rule = patient").doesNotContain("patient-");
              });
    }
  }

  @Test
  void anEmptyClassInASplitIsAnErrorWithCountsAndFix() {
    List<StudyRow> rows = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      rows.add(row("n" + i, "pn" + i, 0));
      rows.add(row("c" + i, "pc" + i, 1));
    }
    rows.add(row("x1", "px1", 2));
    rows.add(row("x2", "px2", 2));
    Map<String, Split> splits = SplitAssignment.assign(rows, byPatient(3));
    assertThatThrownBy(() -> SplitAssignment.requireEveryClass(rows, splits, CLASSES, byPatient(3)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("class pneumonia would be empty in split")
        .hasMessageContaining("train: Normal 28 CHF 28")
        .hasMessageContaining("cogaze.preprocess.split.seed");
  }

  @Test
  void aSplitWithShareZeroMayBeEmpty() {
    List<StudyRow> rows = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      rows.add(row("n" + i, "pn" + i, i % 3));
    }
    SplitSettings settings = new SplitSettings(SplitRule.PATIENT, 0.5, 0, 0.5, 0);
    Map<String, Split> splits = SplitAssignment.assign(rows, settings);
    Map<Split, long[]> counts = SplitAssignment.requireEveryClass(rows, splits, CLASSES, settings);
    assertThat(counts.get(Split.VALID)).containsOnly(0);
    assertThat(counts.get(Split.TRAIN)).containsOnly(5);
  }

  @Test
  void sharesThatDoNotSumToOneAreRefused() {
    assertThatThrownBy(() -> new SplitSettings(SplitRule.PATIENT, 0.7, 0.2, 0.2, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("train = 0.7, valid = 0.2, test = 0.2: shares must sum to 1");
  }

  @Test
  void aKeyedHashDependsOnItsKeyAndHidesTheText() {
    KeyedHash hash = new KeyedHash("Jefe");
    // RFC 4231, test case 2, first 128 bits.
    assertThat(hash.of("what do ya want for nothing?"))
        .isEqualTo("5bdcc146bf60754e6a042426089575c7");
    Set<String> hashes = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      hashes.add(hash.of("1000" + i));
    }
    assertThat(hashes).hasSize(1000);
    assertThat(new KeyedHash("other").of("10001")).isNotEqualTo(hash.of("10001"));
  }
}
