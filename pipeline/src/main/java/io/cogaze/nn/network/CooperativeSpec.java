package io.cogaze.nn.network;

/**
 * The size of the cooperative dual-encoder network (Qiu, Rivaz, Xiao, Med Phys 2025,
 * doi:10.1002/mp.17977).
 *
 * @param height rows of the input, a multiple of 32
 * @param width columns of the input, a multiple of 32
 * @param baseWidth channels of the residual encoder's first level; 64 in the paper's code
 * @param densenet the first encoder; DenseNet-201 in the paper
 * @param classes number of classes, at least 2
 * @param hidden width of the fused classifier's hidden layer; {@code baseWidth} in the paper's code
 * @param dropout probability of dropping a hidden value of the fused classifier, in [0, 1)
 */
public record CooperativeSpec(
    int height,
    int width,
    int baseWidth,
    DenseNetSpec densenet,
    int classes,
    int hidden,
    double dropout)
    implements NetworkSpec {
  private static final long serialVersionUID = 1L;

  /** Both sides of the input must be multiples of this: five halvings. */
  public static final int MULTIPLE = 32;

  public CooperativeSpec {
    RequestCheck.sides("cooperative network", MULTIPLE, "five", height, width);
    RequestCheck.classifier(baseWidth, hidden, dropout);
    RequestCheck.classes(classes);
  }

  @Override
  public String kind() {
    return "cooperative";
  }

  @Override
  public Network network() {
    return new CooperativeNetwork(this);
  }
}
