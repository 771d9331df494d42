package io.cogaze.report;

import io.cogaze.inference.MetricRow;
import io.cogaze.metric.Classification;
import io.cogaze.shard.Leakage;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that the report says, already read and chosen; drawing it needs nothing else.
 *
 * @param run name of the run
 * @param split the evaluated split
 * @param synthetic whether the data are artificial; the report then says so at every turn
 * @param dataset name of the data set
 * @param classes names in the order of the probabilities
 * @param splits size of each split
 * @param leakage what is in more than one split; empty when it is not recorded
 * @param metrics the long table
 * @param classifiers per stage with a class output, in recipe order
 * @param examples to show
 * @param curves of training
 * @param provenance facts by what they are about, in the order to show them
 * @param notes what the reader should know first, for instance that a stage was not evaluated
 */
public record ReportContent(
    String run,
    String split,
    boolean synthetic,
    String dataset,
    List<String> classes,
    List<SplitFacts> splits,
    Optional<Leakage> leakage,
    List<MetricRow> metrics,
    List<Classifier> classifiers,
    List<ShownExample> examples,
    List<Curve> curves,
    List<FactGroup> provenance,
    List<String> notes) {

  /** Size of a split. */
  public record SplitFacts(
      String split, long examples, long patients, long withGaze, Map<String, Long> perClass) {}

  /** The scored sample of a stage with a class output. */
  public record Classifier(String stage, Classification sample) {}

  /**
   * One example.
   *
   * @param why how it was chosen
   * @param pixels grey values in [0,1], shape [height * width]
   * @param probabilities per class
   * @param trueMap shape [height * width]; empty without gaze
   * @param predictedMap shape [height * width]; empty without a saliency stage
   * @param scores of the maps, as text; empty without both maps
   */
  public record ShownExample(
      String exampleId,
      String why,
      String trueClass,
      String predictedClass,
      List<Float> probabilities,
      int height,
      int width,
      float[] pixels,
      Optional<float[]> trueMap,
      Optional<float[]> predictedMap,
      String scores) {
    /** Whether the prediction was right. */
    public boolean right() {
      return trueClass.equals(predictedClass);
    }
  }

  /**
   * One metric of one stage over the course of training.
   *
   * @param step name of the horizontal axis, for instance epoch
   * @param x epochs or rounds, ascending
   */
  public record Curve(
      String stage, String metric, String split, String step, List<Double> x, List<Double> y) {}

  /** Facts about one thing, in the order to show them. */
  public record FactGroup(String title, List<Fact> facts) {}

  /** A named fact. */
  public record Fact(String name, String value) {}
}
