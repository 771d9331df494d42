package io.cogaze.nn.network;

/**
 * The size of a DenseNet with a linear classifier (Huang et al., CVPR 2017).
 *
 * @param height rows of the input, a multiple of 32
 * @param width columns of the input, a multiple of 32
 * @param densenet the feature layers
 * @param classes number of classes, at least 2
 */
public record DenseNetClassifierSpec(int height, int width, DenseNetSpec densenet, int classes)
    implements NetworkSpec {
  private static final long serialVersionUID = 1L;

  /** Both sides of the input must be multiples of this: five halvings. */
  public static final int MULTIPLE = 32;

  public DenseNetClassifierSpec {
    RequestCheck.sides("DenseNet classifier", MULTIPLE, "five", height, width);
    RequestCheck.classes(classes);
  }

  @Override
  public String kind() {
    return "densenet";
  }

  @Override
  public Network network() {
    return new DenseNetClassifier(this);
  }
}
