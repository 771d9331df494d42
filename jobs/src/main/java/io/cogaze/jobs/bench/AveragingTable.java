package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The comparison of the masters, for people and in one line. */
public final class AveragingTable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private AveragingTable() {}

  /**
   * Prints how the rates were chosen and, for each epoch, means over the seeds and ratios with
   * their spread over the seeds.
   */
  public static void print(PrintWriter out, List<AveragingEpoch> measured) {
    List<AveragingEpoch> tuning = measured.stream().filter(AveragingEpoch::tuning).toList();
    List<AveragingEpoch> all = compared(measured);
    if (!tuning.isEmpty()) {
      out.println(
          "Learning rates on pictures that are not compared, and held-out loss after the last"
              + " epoch");
      out.println(
          "  CoGaze " + BestRates.describe(BestRates.losses(tuning, AveragingEpoch::cogaze)));
      out.println(
          "  stock  " + BestRates.describe(BestRates.losses(tuning, AveragingEpoch::stock)));
    }
    out.println(
        "Learning rate of the first epoch: CoGaze "
            + BestRates.rate(all.get(0).cogaze().learningRate())
            + ", stock "
            + BestRates.rate(all.get(0).stock().learningRate()));
    out.println(
        "CoGaze's master and Deeplearning4j's on the same batches; mean over the seeds; ratios:"
            + " mean (smallest - largest) of the seeds");
    out.printf(
        Locale.ROOT,
        "  %5s %21s %21s  %-23s %-23s %10s%n",
        "epoch",
        "held-out loss, stock",
        "seconds, stock",
        "loss, CoGaze / stock",
        "time, stock / CoGaze",
        "not used");
    for (int epoch : new TreeSet<>(all.stream().map(AveragingEpoch::epoch).toList())) {
      List<AveragingEpoch> rows = all.stream().filter(row -> row.epoch() == epoch).toList();
      out.printf(
          Locale.ROOT,
          "  %5d %10.4f %10.4f %10.2f %10.2f  %-23s %-23s %4.0f %5.0f%n",
          epoch,
          mean(rows, row -> row.cogaze().loss()),
          mean(rows, row -> row.stock().loss()),
          mean(rows, row -> row.cogaze().seconds()),
          mean(rows, row -> row.stock().seconds()),
          spread(rows, AveragingEpoch::lossRatio),
          spread(rows, AveragingEpoch::timeRatio),
          mean(rows, row -> row.examples() - row.cogaze().examples()),
          mean(rows, row -> row.examples() - row.stock().examples()));
    }
    ObjectNode summary = summary(measured);
    out.printf(
        Locale.ROOT,
        "  all epochs: loss ratio %.4f (standard error over the seeds %s; at most 1.01 is wanted:"
            + " %s), time ratio %.2f (above 1 is wanted: %s)%n",
        summary.get("loss_ratio").asDouble(),
        summary.get("loss_ratio_se").isNull()
            ? "not known of one"
            : String.format(Locale.ROOT, "%.4f", summary.get("loss_ratio_se").asDouble()),
        summary.get("loss_holds").asBoolean() ? "holds" : "DOES NOT HOLD",
        summary.get("time_ratio").asDouble(),
        summary.get("time_holds").asBoolean() ? "holds" : "DOES NOT HOLD");
    out.flush();
  }

  /** Means over all epochs of all seeds, and whether they are what is wanted. */
  public static ObjectNode summary(List<AveragingEpoch> measured) {
    List<AveragingEpoch> all = compared(measured);
    Spread loss = spread(all, AveragingEpoch::lossRatio);
    Spread time = spread(all, AveragingEpoch::timeRatio);
    return JSON.createObjectNode()
        .put("summary", "averaging")
        .put("cogaze_rate", all.get(0).cogaze().learningRate())
        .put("stock_rate", all.get(0).stock().learningRate())
        .put("seeds", all.stream().map(AveragingEpoch::seed).distinct().count())
        .put("loss_ratio", loss.mean())
        .put("loss_ratio_se", standardError(all))
        .put("loss_ratio_min", loss.smallest())
        .put("loss_ratio_max", loss.largest())
        .put("time_ratio", time.mean())
        .put("time_ratio_min", time.smallest())
        .put("time_ratio_max", time.largest())
        .put("cogaze_not_used", unused(all, row -> row.examples() - row.cogaze().examples()))
        .put("stock_not_used", unused(all, row -> row.examples() - row.stock().examples()))
        .put("loss_holds", loss.mean() <= 1.01)
        .put("time_holds", time.mean() > 1);
  }

  /** Of the mean loss ratio, by the means of the seeds; null for one seed. */
  private static Double standardError(List<AveragingEpoch> rows) {
    double[] means =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    AveragingEpoch::seed, Collectors.averagingDouble(AveragingEpoch::lossRatio)))
            .values()
            .stream()
            .mapToDouble(Double::doubleValue)
            .toArray();
    if (means.length < 2) {
      return null;
    }
    double mean = Arrays.stream(means).average().orElseThrow();
    double squares = Arrays.stream(means).map(value -> (value - mean) * (value - mean)).sum();
    return Math.sqrt(squares / (means.length - 1) / means.length);
  }

  private static List<AveragingEpoch> compared(List<AveragingEpoch> measured) {
    return measured.stream().filter(epoch -> !epoch.tuning()).toList();
  }

  private static long unused(List<AveragingEpoch> rows, ToDoubleFunction<AveragingEpoch> value) {
    return (long) rows.stream().mapToDouble(value).sum();
  }

  private static double mean(List<AveragingEpoch> rows, ToDoubleFunction<AveragingEpoch> value) {
    return spread(rows, value).mean();
  }

  private static Spread spread(List<AveragingEpoch> rows, ToDoubleFunction<AveragingEpoch> value) {
    return Spread.of(rows.stream().map(value::applyAsDouble).toList());
  }
}
