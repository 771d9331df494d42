package io.cogaze.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReaderTest {
  private static final SyntheticSettings SETTINGS = SyntheticSettings.defaults();

  static Stream<CasePlan> plans() {
    Cohort cohort = new Cohort(SETTINGS, 21);
    return LongStream.range(0, 30).mapToObj(cohort::plan);
  }

  private static Reading read(CasePlan plan) {
    Phantom phantom = new PhantomRenderer(Fixtures.small()).render(plan);
    return new Reader(SETTINGS).read(plan, phantom.frame(), phantom.targets());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("plans")
  void fixationsFollowEachOtherWithoutOverlapAndBlinksLieBetweenThem(CasePlan plan) {
    Reading reading = read(plan);
    assertThat(read(plan)).isEqualTo(reading);
    assertThat(reading.seconds()).isBetween(5.0, 30.0);
    double now = 0;
    for (Reading.Fixation look : reading.fixations()) {
      assertThat(look.start()).isGreaterThan(now);
      assertThat(look.duration()).isBetween(0.05, 1.7);
      now = look.end();
    }
    assertThat(now).isLessThanOrEqualTo(reading.seconds());
    for (Reading.Blink blink : reading.blinks()) {
      assertThat(reading.fixations())
          .noneMatch(look -> look.start() < blink.end() && blink.start() < look.end());
    }
  }

  @Test
  void dwellsOnAPneumoniaLongerThanOnAnyPlaceOfThatSizeByChance() {
    double near = 0;
    double all = 0;
    for (CasePlan plan : plans().filter(p -> p.disease() == Disease.PNEUMONIA).toList()) {
      Phantom phantom = new PhantomRenderer(SETTINGS).render(plan);
      Target sign =
          phantom.targets().stream()
              .filter(target -> target.kind() == Target.Kind.SIGN)
              .findFirst()
              .orElseThrow();
      List<Reading.Fixation> looks =
          new Reader(SETTINGS).read(plan, phantom.frame(), phantom.targets()).fixations();
      double x = phantom.frame().x(sign.u(), sign.v());
      double y = phantom.frame().y(sign.u(), sign.v());
      for (Reading.Fixation look : looks) {
        all += look.duration();
        double distance = Math.hypot(look.x() - x, look.y() - y) / phantom.frame().unitPx();
        near += distance < 0.25 ? look.duration() : 0;
      }
    }
    assertThat(near / all).isBetween(0.35, 0.8);
  }
}
