package io.cogaze.jobs.bench;

import java.util.List;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Made-up batches: uniform noise, the same on every call. */
final class Batches {
  private static final long SEED = 2;

  private Batches() {}

  /** Grey values in [0,1), [N,1,H,W]. */
  static INDArray image(BenchCase subject) {
    return Nd4j.createFromArray(noise(subject, SEED))
        .reshape(subject.batch(), 1, subject.height(), subject.width());
  }

  /** Probability maps, [N,1,H,W], each summing to 1. */
  static INDArray saliency(BenchCase subject) {
    float[] values = noise(subject, SEED + 1);
    int pixels = subject.height() * subject.width();
    for (int n = 0; n < subject.batch(); n++) {
      double sum = 0;
      for (int i = n * pixels; i < (n + 1) * pixels; i++) {
        sum += values[i];
      }
      for (int i = n * pixels; i < (n + 1) * pixels; i++) {
        values[i] = (float) (values[i] / sum);
      }
    }
    return Nd4j.createFromArray(values)
        .reshape(subject.batch(), 1, subject.height(), subject.width());
  }

  /** One-hot classes, [N,C]. */
  static INDArray classes(BenchCase subject) {
    int classes = subject.network().classes();
    float[] oneHot = new float[subject.batch() * classes];
    for (int n = 0; n < subject.batch(); n++) {
      oneHot[n * classes + n % classes] = 1;
    }
    return Nd4j.createFromArray(oneHot).reshape(subject.batch(), classes);
  }

  /** A batch whose labels are all known. */
  static MultiDataSet of(INDArray image, List<INDArray> labels, int examples) {
    INDArray[] masks = new INDArray[labels.size()];
    for (int i = 0; i < masks.length; i++) {
      float[] known = new float[examples];
      java.util.Arrays.fill(known, 1);
      masks[i] = Nd4j.createFromArray(known).reshape(examples, 1);
    }
    return new MultiDataSet(new INDArray[] {image}, labels.toArray(new INDArray[0]), null, masks);
  }

  private static float[] noise(BenchCase subject, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[subject.batch() * subject.height() * subject.width()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble();
    }
    return values;
  }
}
