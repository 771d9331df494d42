package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.nn.kernel.NativeLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A case and a phase, measured. The peer is the memory format whose median is lower; it stays the
 * same for all pairs.
 *
 * @param parameters learned values, the same on both sides
 * @param stock Deeplearning4j's own layers, for reference
 */
public record Comparison(
    BenchCase subject,
    int threads,
    Phase phase,
    long parameters,
    Side cogaze,
    Side contiguous,
    Side channelsLast,
    Optional<Side> stock) {
  static final JsonTable RESULTS =
      new JsonTable("results", "cogaze_bench_engine")
          .text("network")
          .whole("height", "width", "batch", "threads")
          .text("phase")
          .fraction("cogaze_s", "peer_s", "ratio", "ratio_min", "ratio_max")
          .whole("peak_mb", "peer_peak_mb", "parameters")
          .text("peer_format", "cogaze_engine", "peer_engine", "processor")
          .fraction("contiguous_s", "channels_last_s")
          .whole("contiguous_peak_mb", "channels_last_peak_mb")
          .fraction("cogaze_first_s", "peer_first_s");

  static final JsonTable STEPS =
      new JsonTable("steps", "cogaze_bench_engine_step")
          .text("network")
          .whole("height", "width", "batch", "threads")
          .text("phase", "side", "engine")
          .whole("pair", "step")
          .fraction("seconds");

  private static final double PLACES = 1e6;

  /** This comparison with Deeplearning4j's own layers beside it. */
  Comparison with(Side reference) {
    return new Comparison(
        subject,
        threads,
        phase,
        parameters,
        cogaze,
        contiguous,
        channelsLast,
        Optional.of(reference));
  }

  /** The faster of the two memory formats. */
  Side peer() {
    return contiguous.seconds() <= channelsLast.seconds() ? contiguous : channelsLast;
  }

  /** How many times as many images a second CoGaze does: the peer's median over CoGaze's. */
  double ratio() {
    return peer().seconds() / cogaze.seconds();
  }

  double smallestRatio() {
    return ratios().get(0);
  }

  double largestRatio() {
    return ratios().get(ratios().size() - 1);
  }

  /** The ratio of each pair, ascending. */
  private List<Double> ratios() {
    List<Double> ours = cogaze.pairs();
    List<Double> theirs = peer().pairs();
    return IntStream.range(0, ours.size())
        .mapToObj(pair -> theirs.get(pair) / ours.get(pair))
        .sorted()
        .toList();
  }

  /** The object that {@code --json} prints. */
  public ObjectNode toJson() {
    return subject
        .row(threads, phase)
        .put("cogaze_s", rounded(cogaze.seconds()))
        .put("peer_s", rounded(peer().seconds()))
        .put("ratio", rounded(ratio()))
        .put("ratio_min", rounded(smallestRatio()))
        .put("ratio_max", rounded(largestRatio()))
        .put("peak_mb", cogaze.peakMb())
        .put("peer_peak_mb", peer().peakMb());
  }

  /** The row of the results' table: {@link #toJson} and what it leaves out. */
  ObjectNode toRow() {
    return toJson()
        .put("parameters", parameters)
        .put("peer_format", peer().name())
        .put("cogaze_engine", cogaze.engine())
        .put("peer_engine", peer().engine())
        .put("processor", NativeLibrary.processor())
        .put("contiguous_s", contiguous.seconds())
        .put("channels_last_s", channelsLast.seconds())
        .put("contiguous_peak_mb", contiguous.peakMb())
        .put("channels_last_peak_mb", channelsLast.peakMb())
        .put("cogaze_first_s", cogaze.firstSeconds())
        .put("peer_first_s", peer().firstSeconds());
  }

  /** Every step that was measured. Pair 0, step 0 is a side's first one. */
  List<ObjectNode> steps() {
    List<ObjectNode> rows = new ArrayList<>();
    List<Side> sides = new ArrayList<>(List.of(cogaze, contiguous, channelsLast));
    stock.ifPresent(sides::add);
    for (Side side : sides) {
      rows.add(step(side, 0, 0, side.firstSeconds()));
      for (int pair = 0; pair < side.turns().size(); pair++) {
        List<Double> turn = side.turns().get(pair);
        for (int step = 0; step < turn.size(); step++) {
          rows.add(step(side, pair + 1, step + 1, turn.get(step)));
        }
      }
    }
    return rows;
  }

  private ObjectNode step(Side side, int pair, int step, double seconds) {
    return subject
        .row(threads, phase)
        .put("side", side.name())
        .put("engine", side.engine())
        .put("pair", pair)
        .put("step", step)
        .put("seconds", seconds);
  }

  private static double rounded(double value) {
    return Math.round(value * PLACES) / PLACES;
  }

  /** The tables of results and of steps. */
  public static List<JsonTable.Rows> tables(List<Comparison> comparisons) {
    return List.of(
        RESULTS.rows(comparisons.stream().map(Comparison::toRow)),
        STEPS.rows(comparisons.stream().flatMap(comparison -> comparison.steps().stream())));
  }
}
