package io.cogaze.nn.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Bilinear interpolation to another size: [N,C,H,W] to [N,C,H',W'], as PyTorch's interpolate
 * without antialiasing. With aligned corners the centres of the corner pixels coincide; without,
 * the outer edges of the pictures do.
 */
public final class Resize extends OwnLayer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private int height;
  @JsonProperty private int width;
  @JsonProperty private boolean alignCorners;

  Resize() {}

  /**
   * @param height rows of the output
   * @param width columns of the output
   */
  public Resize(int height, int width, boolean alignCorners) {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "A map cannot be resized to " + height + " x " + width + "; at least 1 x 1 is needed");
    }
    if ((long) height * width > Sizes.MOST_VALUES) {
      throw new IllegalArgumentException(
          "A map cannot be resized to "
              + height
              + " x "
              + width
              + "; it can have "
              + Sizes.MOST_VALUES
              + " values");
    }
    this.height = height;
    this.width = width;
    this.alignCorners = alignCorners;
  }

  int height() {
    return height;
  }

  int width() {
    return width;
  }

  boolean isAlignCorners() {
    return alignCorners;
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new ResizeImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    long channels = image(input).getChannels();
    Sizes.map(getLayerName(), channels, height, width);
    return InputType.convolutional(height, width, channels);
  }

  @Override
  protected List<Object> state() {
    return List.of(height, width, alignCorners);
  }
}
