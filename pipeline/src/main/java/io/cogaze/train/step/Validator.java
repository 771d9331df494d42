package io.cogaze.train.step;

import io.cogaze.metric.SaliencyMetrics;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.loss.LossWeight;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.Turns;
import io.cogaze.shard.Example;
import io.cogaze.train.plan.PlanToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/**
 * Evaluates a stage's network in inference mode. Class losses are cross-entropies, saliency losses
 * Kullback-Leibler divergences, both in nats, from the outputs in float64; the embedding loss is
 * the network's own, for a batch. Examples without a target for a head give no row for it, nor do
 * batches without a triplet for the embedding head: their loss of 0 would say that all is well.
 */
public final class Validator {
  private static final double SMALLEST = Float.MIN_NORMAL;

  private final WorkerNetwork worker;

  /** A validator of the worker's network. */
  public Validator(WorkerNetwork worker) {
    this.worker = worker;
  }

  /** The rows of the token's batches, in order of batch, head and example. */
  public List<ValidationRow> validate(PlanToken token, ExampleSource source) {
    List<ValidationRow> rows = new ArrayList<>();
    for (List<PlanToken.Row> batch : token.batches()) {
      validate(source.examples(batch), rows);
    }
    return rows;
  }

  private void validate(List<Example> batch, List<ValidationRow> rows) {
    MultiDataSet arrays = worker.arrays(batch);
    INDArray[] outputs = Turns.output(worker.network().graph(), arrays.getFeatures());
    List<LossWeight> weights = worker.network().lossWeights();
    double othersWeighted = 0;
    int embedding = -1;
    for (int head = 0; head < outputs.length; head++) {
      Head kind = worker.heads().get(head);
      if (kind == Head.EMBEDDING) {
        embedding = head;
        continue;
      }
      float[] mask = HostValues.floats(arrays.getLabelsMaskArray(head));
      float[] labels = HostValues.floats(arrays.getLabels(head));
      float[] output = HostValues.floats(outputs[head]);
      double sum = 0;
      for (int i = 0; i < batch.size(); i++) {
        if (mask[i] != 0) {
          ValidationRow row =
              kind == Head.SALIENCY
                  ? saliency(batch.get(i), head, labels, output, i, batch.size())
                  : classes(batch.get(i), head, labels, output, i, batch.size());
          rows.add(row);
          sum += weights.get(head).weighted(row.loss());
        }
      }
      othersWeighted += sum / batch.size();
    }
    if (embedding >= 0
        && hasTriplet(
            HostValues.floats(arrays.getLabels(embedding)),
            HostValues.floats(arrays.getLabelsMaskArray(embedding)))) {
      double total = Turns.loss(worker.network().graph(), arrays);
      double loss = (total - othersWeighted) / weights.get(embedding).factor();
      for (Example example : batch) {
        rows.add(new ValidationRow(example.exampleId(), embedding, loss, -1, new float[0]));
      }
    }
  }

  /** Whether there are two examples of a class and one of another. */
  private static boolean hasTriplet(float[] labels, float[] mask) {
    int classes = labels.length / mask.length;
    int[] counts = new int[classes];
    int known = 0;
    for (int i = 0; i < mask.length; i++) {
      for (int c = 0; c < classes && mask[i] != 0; c++) {
        if (labels[i * classes + c] == 1) {
          counts[c]++;
          known++;
        }
      }
    }
    int all = known;
    return Arrays.stream(counts).anyMatch(count -> count >= 2 && count < all);
  }

  private static ValidationRow classes(
      Example example, int head, float[] labels, float[] output, int index, int batch) {
    int classes = labels.length / batch;
    float[] probabilities = new float[classes];
    int target = -1;
    for (int c = 0; c < classes; c++) {
      probabilities[c] = output[index * classes + c];
      if (labels[index * classes + c] == 1) {
        target = c;
      }
    }
    double loss = -Math.log(Math.max(SMALLEST, probabilities[target]));
    return new ValidationRow(example.exampleId(), head, loss, target, probabilities);
  }

  private static ValidationRow saliency(
      Example example, int head, float[] labels, float[] output, int index, int batch) {
    int pixels = labels.length / batch;
    float[] gaze = Arrays.copyOfRange(labels, index * pixels, (index + 1) * pixels);
    float[] predicted = Arrays.copyOfRange(output, index * pixels, (index + 1) * pixels);
    double divergence = SaliencyMetrics.kl(predicted, gaze);
    return new ValidationRow(example.exampleId(), head, divergence, -1, new float[0]);
  }
}
