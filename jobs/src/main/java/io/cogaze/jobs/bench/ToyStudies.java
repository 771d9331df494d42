package io.cogaze.jobs.bench;

import java.io.Serializable;
import java.util.List;
import java.util.SplittableRandom;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Made-up pictures of three classes, each fixed by the seed and its number, so that any worker can
 * make any of them: nothing, a bright blob, or a bright band, in noise, at a random place. One
 * label in sixteen is wrong, so that no network reaches a loss of 0.
 *
 * @param size height and width, pixels
 */
record ToyStudies(long seed, int size) implements Serializable {
  private static final long serialVersionUID = 1L;
  static final int CLASSES = 3;
  private static final double NOISE = 0.15;
  private static final double BRIGHT = 0.25;
  private static final int WRONG_LABEL_ONE_IN = 16;

  /**
   * Arrays of a batch: [N,1,size,size] in [0,1], one-hot [N,3]; no masks, which Deeplearning4j's
   * master widens to [N,3] where it joins batches.
   */
  MultiDataSet batch(List<Integer> numbers) {
    int pixels = size * size;
    float[] image = new float[numbers.size() * pixels];
    float[] labels = new float[numbers.size() * CLASSES];
    for (int i = 0; i < numbers.size(); i++) {
      SplittableRandom random = new SplittableRandom(seed * 1_000_003L + numbers.get(i));
      int drawn = random.nextInt(CLASSES);
      draw(image, i * pixels, drawn, random);
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
        double value = 0.4 + BRIGHT * shape + NOISE * (random.nextDouble() - 0.5) * 2;
        image[at + y * size + x] = (float) Math.min(1, Math.max(0, value));
      }
    }
  }
}
