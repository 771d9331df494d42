package io.cogaze.nn.loss;

import io.cogaze.nn.layer.OwnLayerImpl;
import io.cogaze.nn.layer.Takes;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Triplet loss over all triplets of the minibatch (Schroff, Kalenichenko, Philbin, CVPR 2015;
 * Hermans, Beyer, Leibe, arXiv 1703.07737, "batch all"). Labels are one-hot [N,C], mask [N,1];
 * unknown rows are in no triplet. Input is a feature map [N,E,h,w].
 *
 * <p>As published ({@link TripletOptions#faithful()}): distances run along the last axis of the raw
 * map, so that a pair has E * h of them; a triplet's loss is the mean of its hinges; the
 * minibatch's loss is the sum over triplets. Otherwise: the map is averaged over space and scaled
 * to length 1, distances are Euclidean, and the loss is the mean over the triplets whose hinge is
 * positive.
 *
 * <p>Distances are those of PyTorch: the norm of the difference plus 1e-6 in every coordinate when
 * as published; otherwise of the difference.
 *
 * <p>The loss of an example is N times that of the triplets it anchors, so that the mean over the
 * examples is the loss of the minibatch. The output is [N,E], rows of length 1.
 */
public final class TripletOutput extends OutputLoss {
  private static final long serialVersionUID = 1L;

  @JsonProperty private double margin;
  @JsonProperty private boolean faithful;
  @JsonProperty private int classes;

  TripletOutput() {}

  public TripletOutput(double weight, TripletOptions options, int classes) {
    super(weight, false);
    this.margin = options.margin();
    this.faithful = options.faithful();
    this.classes = classes;
  }

  double margin() {
    return margin;
  }

  boolean isFaithful() {
    return faithful;
  }

  int classes() {
    return classes;
  }

  @Override
  protected Takes takes() {
    return Takes.BOTH;
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new TripletImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return InputType.feedForward(image(input).getChannels());
  }

  @Override
  protected List<Object> state() {
    return List.of(weight(), margin, faithful, classes);
  }
}
