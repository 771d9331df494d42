package io.cogaze.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CanvasTest {

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 40));
  }

  @ParameterizedTest(name = "reduction {0}")
  @CsvSource({"5, 640, 512", "10, 320, 256"})
  void holdsTheReferenceImagesOnACanvasOf3200x2560(int reduction, int height, int width) {
    Canvas canvas = Canvas.holding(3056, 2544, reduction);

    assertThat(canvas).isEqualTo(new Canvas(3200, 2560, reduction));
    assertThat(canvas.reducedHeight()).isEqualTo(height);
    assertThat(canvas.reducedWidth()).isEqualTo(width);
    assertThat(canvas).isEqualTo(Canvas.ofReduced(height, width, reduction));
  }

  @Test
  void padsThePortraitImageBy72And8() {
    Placement place = new Canvas(3200, 2560, 5).place(2544, 3056);

    assertThat(place).isEqualTo(new Placement(2544, 3056, 8, 72, 5));
    assertThat(place.toCanvasX(100)).isEqualTo(108 / 5.0);
    assertThat(place.toCanvasY(100)).isEqualTo(172 / 5.0);
    assertThat(place.crops()).isFalse();
  }

  @Test
  void padsTheLandscapeImageBy328AndCropsItBy248() {
    Placement place = new Canvas(3200, 2560, 10).place(3056, 2544);

    assertThat(place).isEqualTo(new Placement(3056, 2544, -248, 328, 10));
    assertThat(place.toCanvasX(1000)).isEqualTo(752 / 10.0);
    assertThat(place.toCanvasY(1000)).isEqualTo(1328 / 10.0);
    assertThat(place.toImageX(place.toCanvasX(77))).isCloseTo(77, within(1e-9));
    assertThat(place.toImageY(place.toCanvasY(77))).isCloseTo(77, within(1e-9));
    assertThat(place.crops()).isTrue();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void reducesLikeThePlainDefinitionForAnySizes(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int reduction = random.nextInt(1, 7);
    Canvas canvas = Canvas.ofReduced(random.nextInt(1, 12), random.nextInt(1, 12), reduction);
    GreyImage image = randomImage(random, random.nextInt(1, 80), random.nextInt(1, 80));
    int left = Math.floorDiv(canvas.width() - image.width(), 2);
    int top = Math.floorDiv(canvas.height() - image.height(), 2);

    GreyImage area = canvas.reduce(image, Reduction.AREA);
    GreyImage sum = canvas.reduceSum(image);
    GreyImage stride = canvas.reduce(image, Reduction.STRIDE);
    BitMask mask =
        canvas.reduce(
            BitMask.of(image.width(), image.height(), (x, y) -> image.at(x, y) > 0.5),
            Reduction.AREA);

    for (int y = 0; y < area.height(); y++) {
      for (int x = 0; x < area.width(); x++) {
        double total = 0;
        int inside = 0;
        for (int dy = 0; dy < reduction; dy++) {
          for (int dx = 0; dx < reduction; dx++) {
            float value = valueAt(image, x * reduction + dx - left, y * reduction + dy - top);
            total += value;
            inside += value > 0.5 ? 1 : 0;
          }
        }
        assertThat((double) sum.at(x, y)).as("seed %d", seed).isCloseTo(total, within(1e-4));
        assertThat((double) area.at(x, y))
            .as("seed %d", seed)
            .isCloseTo(total / (reduction * reduction), within(1e-5));
        assertThat(stride.at(x, y))
            .as("seed %d", seed)
            .isEqualTo(valueAt(image, x * reduction - left, y * reduction - top));
        assertThat(mask.at(x, y))
            .as("seed %d", seed)
            .isEqualTo(2 * inside >= reduction * reduction);
      }
    }
  }

  @Test
  void keepsTheSumOfAMapThatFits() {
    GreyImage map = randomImage(new SplittableRandom(3), 90, 70);

    GreyImage reduced = new Canvas(80, 100, 5).reduceSum(map);

    assertThat(reduced.sum()).isCloseTo(map.sum(), within(1e-3));
  }

  @Test
  void takesTheCornerOfAMaskWhenStriding() {
    BitMask mask = BitMask.of(8, 8, (x, y) -> x == 4 && y == 0);

    BitMask reduced = new Canvas(8, 8, 4).reduce(mask, Reduction.STRIDE);

    assertThat(reduced.at(1, 0)).isTrue();
    assertThat(reduced.count()).isEqualTo(1);
  }

  @Test
  void refusesASideThatTheReductionDoesNotDivide() {
    assertThatThrownBy(() -> new Canvas(64, 63, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("64 rows x 63 columns cannot be reduced by 4");
    assertThatThrownBy(() -> Canvas.holding(0, 5, 1)).hasMessageContaining("0 rows");
  }

  private static GreyImage randomImage(SplittableRandom random, int width, int height) {
    GreyImage image = GreyImage.black(width, height);
    for (int i = 0; i < image.values().length; i++) {
      image.values()[i] = (float) random.nextDouble();
    }
    return image;
  }

  private static float valueAt(GreyImage image, int x, int y) {
    return x >= 0 && y >= 0 && x < image.width() && y < image.height() ? image.at(x, y) : 0;
  }
}
