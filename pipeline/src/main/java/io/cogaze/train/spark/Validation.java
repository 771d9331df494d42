package io.cogaze.train.spark;

import io.cogaze.metric.Classification;
import io.cogaze.nn.loss.LossWeight;
import io.cogaze.nn.network.Head;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.Selection;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.ValidationRow;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Validates a network over Spark. Rows come back to the driver in the order of the tokens, so the
 * metrics do not depend on which task ended first.
 */
final class Validation {
  /** So that no array of a large state is too large for Java. */
  private static final int SLICES = 8;

  private final String stageKey;
  private final Broadcast<byte[]> shipment;
  private final List<String> tokens;
  private final int classes;

  /**
   * @param tokens the validation examples in fixed batches
   * @param classes number of target classes
   */
  Validation(String stageKey, Broadcast<byte[]> shipment, List<String> tokens, int classes) {
    this.stageKey = stageKey;
    this.shipment = shipment;
    this.tokens = tokens;
    this.classes = classes;
  }

  /**
   * A metric's value and the number of examples it is over. Over none it is NaN: the validation
   * examples cannot tell.
   */
  record Value(double value, long examples) {
    boolean isKnown() {
      return examples > 0;
    }
  }

  /**
   * The metrics of the network by name: loss, loss_HEAD, sigma_HEAD where it is learned, and
   * auroc_macro and kl where they apply. A head that no example can judge has an unknown loss, and
   * so has the sum.
   */
  Map<String, Value> run(JavaSparkContext context, StageNetwork network, String stage, int epoch) {
    context.setJobGroup(
        stage + "/" + epoch + "/validation",
        String.format(Locale.ROOT, "stage %s, epoch %d, validation", stage, epoch));
    Broadcast<byte[][]> state = context.broadcast(parameters(network));
    List<ValidationRow> rows = new ArrayList<>();
    try {
      ValidationTask task = new ValidationTask(stageKey, shipment, state, network.learningRate());
      List<byte[]> results =
          TaskFailure.unwrapped(
              () -> context.parallelize(tokens, tokens.size()).map(task).collect());
      for (byte[] result : results) {
        Bytes.read(
            result,
            in -> {
              int count = in.readInt();
              for (int i = 0; i < count; i++) {
                rows.add(ValidationRow.read(in));
              }
              return count;
            });
      }
    } finally {
      Broadcasts.destroy(context, state);
      context.clearJobGroup();
    }
    return metrics(rows, network.heads(), network.lossWeights());
  }

  /** Learned parameters and running statistics in slices. */
  private static byte[][] parameters(StageNetwork network) {
    StateSlice.Content content = StateSlice.Content.WITHOUT_UPDATER;
    byte[][] slices = new byte[SLICES][];
    for (int slice = 0; slice < SLICES; slice++) {
      slices[slice] = new byte[StateSlice.bytes(network, slice, SLICES, content)];
      StateSlice.cut(
          network,
          slice,
          SLICES,
          StateSlice.Origin.DRIVER,
          content,
          ByteBuffer.wrap(slices[slice]).order(ByteOrder.LITTLE_ENDIAN));
    }
    return slices;
  }

  private Map<String, Value> metrics(
      List<ValidationRow> rows, List<Head> heads, List<LossWeight> weights) {
    Map<String, Value> metrics = new LinkedHashMap<>();
    double total = 0;
    long most = 0;
    boolean known = true;
    for (int head = 0; head < heads.size(); head++) {
      int index = head;
      List<ValidationRow> ofHead = rows.stream().filter(row -> row.head() == index).toList();
      Head kind = heads.get(head);
      double loss = ofHead.stream().mapToDouble(ValidationRow::loss).average().orElse(Double.NaN);
      known &= !ofHead.isEmpty();
      total += weights.get(head).weighted(loss);
      most = Math.max(most, ofHead.size());
      metrics.put("loss_" + name(kind), new Value(loss, ofHead.size()));
      weights
          .get(head)
          .sigma()
          .ifPresent(sigma -> metrics.put("sigma_" + name(kind), new Value(sigma, ofHead.size())));
      if (kind == Head.SALIENCY) {
        metrics.put(name(Selection.Metric.KL), new Value(loss, ofHead.size()));
      } else if (kind != Head.EMBEDDING) {
        float[][] probabilities =
            ofHead.stream().map(ValidationRow::probabilities).toArray(float[][]::new);
        int[] targets = ofHead.stream().mapToInt(ValidationRow::target).toArray();
        Classification classification = Classification.of(probabilities, targets, classes);
        put(metrics, Selection.Metric.AUROC_MACRO, classification.macroAuroc(), targets.length);
        classification
            .accuracy()
            .ifPresent(value -> metrics.put("accuracy", new Value(value, targets.length)));
      }
    }
    metrics.put(
        name(Selection.Metric.LOSS), known ? new Value(total, most) : new Value(Double.NaN, 0));
    return metrics;
  }

  private static void put(
      Map<String, Value> metrics, Selection.Metric metric, OptionalDouble value, long examples) {
    value.ifPresent(found -> metrics.put(name(metric), new Value(found, examples)));
  }

  /** The name of a metric, head or other constant in tables: small letters. */
  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** The number of examples a plan's tokens hold. */
  static long examples(List<String> tokens) {
    return tokens.stream().mapToLong(token -> PlanToken.decode(token).examples()).sum();
  }
}
