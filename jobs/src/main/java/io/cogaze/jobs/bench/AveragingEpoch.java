package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * An epoch of both masters on the same batches.
 *
 * @param epoch from 1
 * @param tuning whether it served to choose learning rates, and is not compared
 * @param examples of the epoch
 * @param first which side went first
 */
public record AveragingEpoch(
    long seed,
    int epoch,
    boolean tuning,
    long examples,
    String first,
    Master cogaze,
    Master stock) {
  static final JsonTable TABLE =
      new JsonTable("epochs", "cogaze_bench_averaging")
          .whole("seed", "epoch")
          .text("phase", "first")
          .whole("examples", "cogaze_examples", "stock_examples")
          .fraction("cogaze_rate", "stock_rate")
          .fraction("cogaze_loss", "stock_loss", "loss_ratio", "cogaze_s", "stock_s", "time_ratio");

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A master's epoch.
   *
   * @param learningRate of the first epoch
   * @param loss on the held-out examples after the epoch, mean over examples
   * @param seconds of wall time of the epoch
   * @param examples that it trained on
   */
  public record Master(double learningRate, double loss, double seconds, long examples) {}

  /** CoGaze's held-out loss over the stock master's; below 1 is better. */
  double lossRatio() {
    return cogaze.loss() / stock.loss();
  }

  /** The stock master's wall time over CoGaze's; above 1 is faster. */
  double timeRatio() {
    return stock.seconds() / cogaze.seconds();
  }

  /** The object that {@code --json} prints, and the row of the table. */
  public ObjectNode toJson() {
    return JSON.createObjectNode()
        .put("seed", seed)
        .put("epoch", epoch)
        .put("phase", tuning ? "tuning" : "comparison")
        .put("first", first)
        .put("examples", examples)
        .put("cogaze_examples", cogaze.examples())
        .put("stock_examples", stock.examples())
        .put("cogaze_rate", cogaze.learningRate())
        .put("stock_rate", stock.learningRate())
        .put("cogaze_loss", cogaze.loss())
        .put("stock_loss", stock.loss())
        .put("loss_ratio", lossRatio())
        .put("cogaze_s", cogaze.seconds())
        .put("stock_s", stock.seconds())
        .put("time_ratio", timeRatio());
  }

  /** The table of both masters' epochs. */
  public static JsonTable.Rows table(List<AveragingEpoch> epochs) {
    return TABLE.rows(epochs.stream().map(AveragingEpoch::toJson));
  }
}
