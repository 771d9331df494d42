package io.cogaze.train.step;

import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Kernels;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.ExampleKeys;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.CooperativeSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.train.plan.UpdaterSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/**
 * A program of its own for machines where nothing is built: training steps of the cooperative
 * network's saliency path on noise. {@code deploy/gpu/selftest.sh} starts it. Prints one line: the
 * loss before the first and after the last step, and the seconds of the first and of the fastest
 * later step.
 */
public final class StepProbe {
  private static final double LEARNING_RATE = 1e-4;
  private static final long SEED = 1;

  private StepProbe() {}

  /** Arguments: {@code small} or {@code full}, height, width, batch, steps, native threads. */
  public static void main(String[] arguments) {
    int height = Integer.parseInt(arguments[1]);
    int width = Integer.parseInt(arguments[2]);
    int batch = Integer.parseInt(arguments[3]);
    int steps = Integer.parseInt(arguments[4]);
    int threads = Integer.parseInt(arguments[5]);
    NativeLibrary.threads(threads);
    StageNetwork network =
        StageNetwork.initialise(
            definition(arguments[0].equals("full"), height, width, threads), LEARNING_RATE);
    ExampleKeys.assign(network.graph(), LongStream.rangeClosed(1, batch).toArray());
    MultiDataSet data = data(height, width, batch);
    double first = 0;
    double fastest = Double.POSITIVE_INFINITY;
    double firstLoss = 0;
    double loss = 0;
    for (int step = 0; step < steps; step++) {
      long start = System.nanoTime();
      network.graph().fit(data);
      loss = network.graph().score();
      double seconds = (System.nanoTime() - start) / 1e9;
      if (step == 0) {
        first = seconds;
        firstLoss = loss;
      } else {
        fastest = Math.min(fastest, seconds);
      }
    }
    if (!Double.isFinite(loss) || !(loss < firstLoss)) {
      throw new IllegalStateException("The loss did not fall: " + firstLoss + " to " + loss);
    }
    System.out.printf(
        Locale.ROOT,
        "probe kernel=%s library=%s loss=%.4f->%.4f first=%.3fs step=%.3fs%n",
        Kernels.get().name(),
        NativeLibrary.mappedClassifier().orElse("unknown"),
        firstLoss,
        loss,
        first,
        fastest);
  }

  private static StageDefinition definition(boolean full, int height, int width, int threads) {
    DenseNetSpec densenet =
        full ? DenseNetSpec.densenet201() : new DenseNetSpec(List.of(1, 1, 1, 1), 4, 4);
    return new StageDefinition(
        "probe",
        "probe",
        new CooperativeSpec(height, width, full ? 64 : 2, densenet, 3, full ? 64 : 4, 0.25),
        Map.of(Head.SALIENCY, 1.0),
        List.of("densenet", "encoder", "decoder", "saliency-head"),
        new UpdaterSettings(UpdaterSettings.Kind.ADAM, LEARNING_RATE),
        TripletOptions.defaults(),
        List.of("a", "b", "c"),
        1,
        SEED,
        threads);
  }

  private static MultiDataSet data(int height, int width, int batch) {
    SplittableRandom random = new SplittableRandom(SEED);
    int pixels = height * width;
    double[] image = new double[batch * pixels];
    double[] gaze = new double[batch * pixels];
    for (int i = 0; i < image.length; i++) {
      image[i] = random.nextDouble();
      // All gaze on the left half.
      gaze[i] = i % width < width / 2 ? 2.0 / pixels : 0;
    }
    double[] known = new double[batch];
    Arrays.fill(known, 1);
    return new MultiDataSet(
        new INDArray[] {HostValues.create(image, DataType.FLOAT, batch, 1, height, width)},
        new INDArray[] {HostValues.create(gaze, DataType.FLOAT, batch, 1, height, width)},
        null,
        new INDArray[] {HostValues.create(known, DataType.FLOAT, batch, 1)});
  }
}
