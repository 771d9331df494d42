package io.cogaze.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.kernel.NativeLibrary;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.api.MultiDataSet;

class ToyStudiesTest {
  private static final List<Integer> NUMBERS = IntStream.range(0, 640).boxed().toList();

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  @Test
  void oneLabelInSixteenIsWrongAndExpectedLabelsSaySo() {
    ToyStudies studies = new ToyStudies(7, 32);
    MultiDataSet drawn = studies.batch(NUMBERS);
    MultiDataSet expected = studies.expected(NUMBERS);

    assertThat(expected.getFeatures(0)).isEqualTo(drawn.getFeatures(0));
    int wrong = 0;
    for (int i = 0; i < NUMBERS.size(); i++) {
      double sum = 0;
      for (int label = 0; label < ToyStudies.CLASSES; label++) {
        double share = expected.getLabels(0).getDouble(i, label);
        assertThat(share).isIn(15.0 / 16, 1.0 / 32);
        sum += share;
        wrong += drawn.getLabels(0).getDouble(i, label) == 1 && share < 0.5 ? 1 : 0;
      }
      assertThat(sum).isCloseTo(1, within(1e-6));
    }
    assertThat((double) wrong / NUMBERS.size()).isCloseTo(1.0 / 16, within(0.03));
  }

  @Test
  void aPictureDependsOnSeedAndNumberAlone() {
    ToyStudies studies = new ToyStudies(7, 32);
    MultiDataSet one = studies.batch(List.of(3));

    assertThat(one.getFeatures(0).slice(0))
        .isEqualTo(studies.batch(List.of(1, 3)).getFeatures(0).slice(1));
    assertThat(one.getFeatures(0))
        .isNotEqualTo(new ToyStudies(8, 32).batch(List.of(3)).getFeatures(0));
    assertThat(one.getFeatures(0).minNumber().doubleValue()).isBetween(0.0, 1.0);
    assertThat(one.getFeatures(0).maxNumber().doubleValue()).isBetween(0.0, 1.0);
  }
}
