package io.cogaze.jobs.bench;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Made-up pictures of three classes, each fixed by the seed and its number, so that any worker can
 * make any of them: nothing, a bright blob, or a bright band, in noise, at a random place. One
 * label in sixteen is wrong, so that no network reaches a loss of 0. The noise is dark with bright
 * speckles, its mean below its deviation: on an even grey each step would move the mean of the
 * first batch norm by half its deviation, its running mean would lag behind, and the held-out loss
 * jump from 0.2 to 9 and back under any training, also on one machine.
 *
 * @param size height and width, pixels
 */
record ToyStudies(long seed, int size) implements Serializable {
  private static final long serialVersionUID = 1L;
  static final int CLASSES = 3;
  private static final double NOISE = 0.6;
  private static final double BRIGHT = 0.45;
  private static final int WRONG_LABEL_ONE_IN = 16;

  /**
   * Arrays of a batch: [N,1,size,size] in [0,1], one-hot [N,3]; no masks, which Deeplearning4j's
   * master widens to [N,3] where it joins batches.
   */
  MultiDataSet batch(List<Integer> numbers) {
    return batch(numbers, false);
  }

  /**
   * The same pictures, to measure a loss on: instead of one label, which may be wrong, the share of
   * each label among all that may be drawn. The loss is then the expected one, and does not depend
   * on which labels happen to be wrong.
   */
  MultiDataSet expected(List<Integer> numbers) {
    return batch(numbers, true);
  }

  private MultiDataSet batch(List<Integer> numbers, boolean expected) {
    int pixels = size * size;
    float[] image = new float[numbers.size() * pixels];
    float[] labels = new float[numbers.size() * CLASSES];
    for (int i = 0; i < numbers.size(); i++) {
      SplittableRandom random = new SplittableRandom(seed * 1_000_003L + numbers.get(i));
      int drawn = random.nextInt(CLASSES);
      draw(image, i * pixels, drawn, random);
      if (expected) {
        float wrong = 1f / WRONG_LABEL_ONE_IN;
        Arrays.fill(labels, i * CLASSES, (i + 1) * CLASSES, wrong / (CLASSES - 1));
        labels[i * CLASSES + drawn] = 1 - wrong;
        continue;
      }
      int label =
          random.nextInt(WRONG_LABEL_ONE_IN) == 0
              ? (drawn + 1 + random.nextInt(CLASSES - 1)) % CLASSES
              : drawn;
      labels[i * CLASSES + label] = 1;
    }
    return new MultiDataSet(
        new org.nd4j.linalg.api.ndarray.INDArray[] {
          Nd4j.createFromArray(image).reshape(numbers.size(), 1, size, size)
        },
        new org.nd4j.linalg.api.ndarray.INDArray[] {
          Nd4j.createFromArray(labels).reshape(numbers.size(), CLASSES)
        });
  }

  private void draw(float[] image, int at, int drawn, SplittableRandom random) {
    double row = size * (0.25 + 0.5 * random.nextDouble());
    double column = size * (0.25 + 0.5 * random.nextDouble());
    double width = size / 8.0;
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        double down = (y - row) / width;
        double across = drawn == 2 ? 0 : (x - column) / width;
        double shape = drawn == 0 ? 0 : StrictMath.exp(-(down * down + across * across) / 2);
        double value = BRIGHT * shape + NOISE * StrictMath.pow(random.nextDouble(), 4);
        image[at + y * size + x] = (float) Math.min(1, Math.max(0, value));
      }
    }
  }
}
