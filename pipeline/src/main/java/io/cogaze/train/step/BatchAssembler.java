package io.cogaze.train.step;

import io.cogaze.error.InputException;
import io.cogaze.nn.network.Head;
import io.cogaze.shard.Example;
import io.cogaze.shard.SaliencyTarget;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes a batch of examples into the arrays that the network takes. Input [N,1,H,W], float32 in
 * [0,1]. Labels: one-hot [N,C] for class and embedding heads, the gaze map [N,1,H,W] with a sum of
 * 1 for the saliency head. Label masks [N,1]: 0 where the class or the gaze map is unknown. H and W
 * are the shards' divided by the reduction; grey values are averaged over the block, gaze is
 * summed.
 */
public final class BatchAssembler {
  private static final double WHITE = 65535.0;
  private static final int UNSIGNED = 0xFFFF;

  private final List<Head> heads;
  private final List<String> targetClasses;
  private final int reduction;

  /**
   * An assembler for a network's heads, in the order of its outputs.
   *
   * @param targetClasses finding names in the order of the class outputs
   * @param reduction factor that divides the shards' height and width
   */
  public BatchAssembler(List<Head> heads, List<String> targetClasses, int reduction) {
    this.heads = List.copyOf(heads);
    this.targetClasses = List.copyOf(targetClasses);
    this.reduction = reduction;
  }

  /**
   * The arrays of a batch. Errors: {@link IllegalArgumentException} for an empty batch, {@link
   * InputException} when the examples differ in size or the reduction does not divide it.
   */
  public MultiDataSet assemble(List<Example> examples) {
    return assemble(examples, new INDArray[] {images(examples)});
  }

  /** The labels and masks of a batch beside inputs made elsewhere. */
  MultiDataSet assemble(List<Example> examples, INDArray[] inputs) {
    int height = examples.get(0).height() / reduction;
    int width = examples.get(0).width() / reduction;
    INDArray[] labels = new INDArray[heads.size()];
    INDArray[] masks = new INDArray[heads.size()];
    for (int head = 0; head < labels.length; head++) {
      float[] mask = new float[examples.size()];
      labels[head] =
          heads.get(head) == Head.SALIENCY
              ? gaze(examples, mask, height, width)
              : classes(examples, mask);
      masks[head] = Nd4j.createFromArray(mask).reshape(mask.length, 1);
    }
    return new MultiDataSet(inputs, labels, null, masks);
  }

  /** The images of a batch, [N,1,H,W]. Errors: as {@link #assemble(List)}. */
  INDArray images(List<Example> examples) {
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("A batch needs an example");
    }
    int height = examples.get(0).height() / reduction;
    int width = examples.get(0).width() / reduction;
    int pixels = height * width;
    float[] input = new float[examples.size() * pixels];
    for (int i = 0; i < examples.size(); i++) {
      Example example = examples.get(i);
      if (example.height() != height * reduction || example.width() != width * reduction) {
        throw new InputException(
            "Example "
                + example.exampleId()
                + " is "
                + example.height()
                + " x "
                + example.width()
                + " pixels, expected "
                + height * reduction
                + " x "
                + width * reduction
                + " (a multiple of input-reduction "
                + reduction
                + "). Choose an input-reduction that divides the shards' height and width");
      }
      grey(example, input, i * pixels, width, pixels);
    }
    return Nd4j.createFromArray(input).reshape(examples.size(), 1, height, width);
  }

  /**
   * The class of an example: the index of the only target class whose label is 1.
   *
   * @return the index, or -1 when none or several are 1
   */
  public static int targetClass(Example example, List<String> targetClasses) {
    int found = -1;
    for (int c = 0; c < targetClasses.size(); c++) {
      Float label = example.labels().get(targetClasses.get(c));
      if (label != null && label == 1f) {
        if (found >= 0) {
          return -1;
        }
        found = c;
      }
    }
    return found;
  }

  private void grey(Example example, float[] input, int at, int width, int pixels) {
    short[] grey = example.pixels();
    if (reduction == 1) {
      for (int i = 0; i < pixels; i++) {
        input[at + i] = (float) ((grey[i] & UNSIGNED) / WHITE);
      }
      return;
    }
    double full = WHITE * reduction * reduction;
    for (int i = 0; i < pixels; i++) {
      input[at + i] = (float) (blockSum(grey, i / width, i % width, example.width()) / full);
    }
  }

  private INDArray classes(List<Example> examples, float[] mask) {
    float[] oneHot = new float[examples.size() * targetClasses.size()];
    for (int i = 0; i < examples.size(); i++) {
      int target = targetClass(examples.get(i), targetClasses);
      if (target >= 0) {
        oneHot[i * targetClasses.size() + target] = 1;
        mask[i] = 1;
      }
    }
    return Nd4j.createFromArray(oneHot).reshape(examples.size(), targetClasses.size());
  }

  private INDArray gaze(List<Example> examples, float[] mask, int height, int width) {
    int pixels = height * width;
    float[] maps = new float[examples.size() * pixels];
    for (int i = 0; i < examples.size(); i++) {
      SaliencyTarget target = examples.get(i).gaze().orElse(null);
      if (target == null) {
        continue;
      }
      double total = 0;
      for (short value : target.values()) {
        total += value & UNSIGNED;
      }
      if (total == 0) {
        continue;
      }
      for (int pixel = 0; pixel < pixels; pixel++) {
        double mass = blockSum(target.values(), pixel / width, pixel % width, width * reduction);
        maps[i * pixels + pixel] = (float) (mass / total);
      }
      mask[i] = 1;
    }
    return Nd4j.createFromArray(maps).reshape(examples.size(), 1, height, width);
  }

  private long blockSum(short[] values, int row, int column, int stride) {
    long sum = 0;
    for (int y = row * reduction; y < (row + 1) * reduction; y++) {
      for (int x = column * reduction; x < (column + 1) * reduction; x++) {
        sum += values[y * stride + x] & UNSIGNED;
      }
    }
    return sum;
  }
}
