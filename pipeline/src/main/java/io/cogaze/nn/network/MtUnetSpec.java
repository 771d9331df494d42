package io.cogaze.nn.network;

/**
 * The size of MT-UNet (Zhu, Rohling, Salcudean, arXiv 2202.07118).
 *
 * @param height rows of the input, a multiple of 16
 * @param width columns of the input, a multiple of 16
 * @param baseWidth channels of the first level; 64 in the paper's code
 * @param classes number of classes, at least 2
 * @param hidden width of the classifier's hidden layer; {@code baseWidth} in the paper's code
 * @param dropout probability of dropping a hidden value of the classifier, in [0, 1); 0.25 in the
 *     paper's code
 */
public record MtUnetSpec(
    int height, int width, int baseWidth, int classes, int hidden, double dropout)
    implements NetworkSpec {
  private static final long serialVersionUID = 1L;

  /** Both sides of the input must be multiples of this: four halvings. */
  public static final int MULTIPLE = 16;

  public MtUnetSpec {
    RequestCheck.sides("MT-UNet", MULTIPLE, "four", height, width);
    RequestCheck.classifier(baseWidth, hidden, dropout);
    RequestCheck.classes(classes);
  }

  @Override
  public String kind() {
    return "mt-unet";
  }

  @Override
  public Network network() {
    return new MtUnet(this);
  }
}
