package io.cogaze.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.dicom.DicomImage;
import io.cogaze.image.BitMask;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PhantomRendererTest {
  private static final SyntheticSettings SETTINGS = Fixtures.at(0.125, 0.5);

  static Stream<CasePlan> plans() {
    Cohort cohort = new Cohort(SETTINGS, 11);
    return LongStream.range(0, 12).mapToObj(cohort::plan);
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("plans")
  void samePlanGivesTheSamePictureAndDarkLungsBesideABrightMediastinum(CasePlan plan) {
    Phantom phantom = new PhantomRenderer(SETTINGS).render(plan);
    Phantom again = new PhantomRenderer(SETTINGS).render(plan);
    assertThat(again.grey()).isEqualTo(phantom.grey());
    for (float value : phantom.grey()) {
      assertThat(value).isBetween(0f, 1f);
    }
    OrganMasks masks = new OrganMasks(phantom.frame(), phantom.anatomy());
    BitMask left = masks.leftLung();
    BitMask right = masks.rightLung();
    BitMask middle = masks.mediastinum();
    double lungs = (mean(phantom, left) + mean(phantom, right)) / 2;
    assertThat(mean(phantom, middle)).isGreaterThan(lungs + 0.1);
    assertThat(meanX(left))
        .as("the patient's left is the viewer's right")
        .isGreaterThan(meanX(right));
    assertThat(masks.aorticKnob().count()).isPositive();
    for (int y = 0; y < plan.height(); y++) {
      for (int x = 0; x < plan.width(); x++) {
        int organs = (left.at(x, y) ? 1 : 0) + (right.at(x, y) ? 1 : 0) + (middle.at(x, y) ? 1 : 0);
        assertThat(organs).isLessThanOrEqualTo(1);
      }
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("plans")
  void signsLieInTheLungsOrAtTheHeartAndNormalImagesHaveNone(CasePlan plan) {
    Phantom phantom = new PhantomRenderer(SETTINGS).render(plan);
    List<Target> signs =
        phantom.targets().stream().filter(target -> target.kind() == Target.Kind.SIGN).toList();
    switch (plan.disease()) {
      case NORMAL -> assertThat(signs).isEmpty();
      case CHF -> assertThat(signs).hasSizeBetween(3, 5);
      case PNEUMONIA -> {
        assertThat(signs).hasSize(1);
        Target sign = signs.get(0);
        OrganMasks masks = new OrganMasks(phantom.frame(), phantom.anatomy());
        int x = (int) phantom.frame().x(sign.u(), sign.v());
        int y = (int) phantom.frame().y(sign.u(), sign.v());
        assertThat(masks.leftLung().at(x, y) || masks.rightLung().at(x, y)).isTrue();
      }
    }
  }

  /** The sign is what tells the classes apart: rough where a consolidation is, smooth elsewhere. */
  @Test
  void consolidationIsRougherThanTheSamePlaceInTheOtherLung() {
    Cohort cohort = new Cohort(SETTINGS, 12);
    PhantomRenderer renderer = new PhantomRenderer(SETTINGS);
    int seen = 0;
    int rougher = 0;
    for (long index = 0; index < 60; index++) {
      CasePlan plan = cohort.plan(index);
      if (plan.disease() != Disease.PNEUMONIA) {
        continue;
      }
      Phantom phantom = renderer.render(plan);
      Target sign =
          phantom.targets().stream()
              .filter(target -> target.kind() == Target.Kind.SIGN)
              .findFirst()
              .orElseThrow();
      seen++;
      rougher +=
          roughness(phantom, sign.u(), sign.v()) > 1.2 * roughness(phantom, -sign.u(), sign.v())
              ? 1
              : 0;
    }
    assertThat(seen).isGreaterThan(15);
    assertThat(rougher).isGreaterThan(seen * 3 / 4);
  }

  @Test
  void heartsOfFailureAreLargerOnAverageButOverlapWithTheOthers() {
    Cohort cohort = new Cohort(SETTINGS, 13);
    PhantomRenderer renderer = new PhantomRenderer(Fixtures.at(0.05, 0.5));
    double[] failing = ratios(cohort, renderer, true);
    double[] others = ratios(cohort, renderer, false);
    double meanFailing = Arrays.stream(failing).average().orElseThrow();
    double meanOthers = Arrays.stream(others).average().orElseThrow();
    assertThat(meanFailing).isBetween(meanOthers + 0.01, meanOthers + 0.06);
    assertThat(Arrays.stream(others).max().orElseThrow()).isGreaterThan(meanFailing);
  }

  @Test
  void monochrome1StoresTheComplementOfTheSamePicture() {
    CasePlan plan = new Cohort(SETTINGS, 14).plan(0);
    float[] grey = new PhantomRenderer(SETTINGS).render(plan).grey();
    DicomImage plain = StoredPicture.of(stored(plan, false), grey);
    DicomImage inverted = StoredPicture.of(stored(plan, true), grey);
    assertThat(plain.monochrome1()).isFalse();
    assertThat(inverted.monochrome1()).isTrue();
    for (int i = 0; i < grey.length; i++) {
      assertThat(plain.sample(i) + inverted.sample(i)).isEqualTo(4095);
    }
  }

  private static CasePlan stored(CasePlan plan, boolean monochrome1) {
    return new CasePlan(
        plan.seed(),
        plan.imageIndex(),
        plan.patientIndex(),
        plan.dicomId(),
        plan.patientId(),
        plan.studyId(),
        plan.disease(),
        plan.width(),
        plan.height(),
        monochrome1);
  }

  private static double[] ratios(Cohort cohort, PhantomRenderer renderer, boolean failing) {
    return LongStream.range(0, 300)
        .mapToObj(cohort::plan)
        .filter(plan -> (plan.disease() == Disease.CHF) == failing)
        .map(renderer::anatomy)
        .mapToDouble(a -> (a.heartLeft() + a.heartRight()) / (2 * a.chest()))
        .toArray();
  }

  /** Root mean square of the second difference at the grain of the mottling, about 6 pixels. */
  private static double roughness(Phantom phantom, double u, double v) {
    int step = 6;
    int cx = (int) phantom.frame().x(u, v);
    int cy = (int) phantom.frame().y(u, v);
    int reach = (int) (0.10 * phantom.frame().unitPx());
    int width = phantom.width();
    float[] g = phantom.grey();
    double sum = 0;
    int count = 0;
    for (int y = Math.max(step, cy - reach);
        y < Math.min(phantom.height() - step, cy + reach);
        y++) {
      for (int x = Math.max(step, cx - reach); x < Math.min(width - step, cx + reach); x++) {
        int i = y * width + x;
        double bend =
            4 * g[i] - g[i - step] - g[i + step] - g[i - step * width] - g[i + step * width];
        sum += bend * bend;
        count++;
      }
    }
    return Math.sqrt(sum / Math.max(1, count));
  }

  private static double mean(Phantom phantom, BitMask mask) {
    double sum = 0;
    for (int y = 0; y < mask.height(); y++) {
      for (int x = 0; x < mask.width(); x++) {
        sum += mask.at(x, y) ? phantom.grey()[y * mask.width() + x] : 0;
      }
    }
    return sum / mask.count();
  }

  private static double meanX(BitMask mask) {
    double sum = 0;
    for (int y = 0; y < mask.height(); y++) {
      for (int x = 0; x < mask.width(); x++) {
        sum += mask.at(x, y) ? x : 0;
      }
    }
    return sum / mask.count();
  }
}
