package io.cogaze.jobs.bench;

import org.apache.spark.util.LongAccumulator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Counts the examples that Deeplearning4j's workers really train on. */
final class ExampleCounter implements TrainingHook {
  private static final long serialVersionUID = 1L;

  private final LongAccumulator examples;

  ExampleCounter(LongAccumulator examples) {
    this.examples = examples;
  }

  @Override
  public void preUpdate(MultiDataSet batch, Model model) {
    // Counted afterwards: a step that fails has used nothing.
  }

  @Override
  public void postUpdate(MultiDataSet batch, Model model) {
    examples.add(batch.getFeatures(0).size(0));
  }

  @Override
  public void preUpdate(DataSet batch, Model model) {
    // As above.
  }

  @Override
  public void postUpdate(DataSet batch, Model model) {
    examples.add(batch.numExamples());
  }
}
