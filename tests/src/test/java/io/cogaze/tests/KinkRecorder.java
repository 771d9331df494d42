package io.cogaze.tests;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.HostValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Remembers what ReLUs and maximum pooling let pass in a training step; the formats are those of
 * {@code tests/golden/full_step.py}.
 */
final class KinkRecorder extends BaseTrainingListener {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> wanted;
  private final ByteArrayOutputStream choices = new ByteArrayOutputStream();
  private final ArrayNode index = JSON.createArrayNode();

  /**
   * @param wanted {@code relu VERTEX} or {@code pool VERTEX KERNEL STRIDE PADDING} each
   */
  KinkRecorder(List<String> wanted) {
    this.wanted = List.copyOf(wanted);
  }

  @Override
  public void onForwardPass(Model model, Map<String, INDArray> activations) {
    for (String line : wanted) {
      String[] words = line.split(" ", -1);
      Plane output = new Plane(activations.get(words[1]));
      ObjectNode entry = index.addObject().put("name", words[1]).put("offset", choices.size());
      Arrays.stream(output.shape).forEach(entry.putArray("shape")::add);
      if (words[0].equals("relu")) {
        choices.writeBytes(Arrays.copyOf(output.positive().toByteArray(), (output.size() + 7) / 8));
      } else {
        ComputationGraph graph = (ComputationGraph) model;
        String input = graph.getConfiguration().getVertexInputs().get(words[1]).get(0);
        int[] window = Arrays.stream(words).skip(2).mapToInt(Integer::parseInt).toArray();
        choices.writeBytes(new Plane(activations.get(input)).maxima(output.shape, window));
      }
    }
  }

  /** Writes {@code kinks.bin} and {@code kinks.json}. */
  void write(Path folder) throws IOException {
    Files.write(folder.resolve("kinks.bin"), choices.toByteArray());
    JSON.writeValue(folder.resolve("kinks.json").toFile(), index);
  }

  /** The values of an activation, whatever their layout. */
  private static final class Plane {
    private final float[] values;
    private final long[] shape;
    private final int channels;
    private final int pixels;
    private final int block;
    private final boolean stacked;

    Plane(INDArray array) {
      values = HostValues.floats(array);
      shape = Activations.shape(array);
      channels = (int) shape[1];
      pixels = (int) (shape[2] * shape[3]);
      block = array.rank() > 4 ? (int) array.size(4) : 1;
      stacked = array.rank() == 6;
    }

    int size() {
      return values.length;
    }

    private float value(int example, int channel, int pixel) {
      int blocks = channel / block;
      int row = stacked ? blocks * (int) shape[0] + example : example * (channels / block) + blocks;
      return values[(row * pixels + pixel) * block + channel % block];
    }

    /** Bit i: whether value i of [N,C,H,W] in C order is positive. */
    BitSet positive() {
      BitSet positive = new BitSet(values.length);
      for (int i = 0; i < values.length; i++) {
        int row = i / pixels;
        positive.set(i, value(row / channels, row % channels, i % pixels) > 0);
      }
      return positive;
    }

    /** The pixel of the first maximum of each window. */
    byte[] maxima(long[] output, int[] window) {
      int height = (int) shape[2];
      int width = (int) shape[3];
      int rows = (int) output[2];
      int columns = (int) output[3];
      int count = Math.toIntExact(shape[0] * channels * rows * columns);
      ByteBuffer places =
          ByteBuffer.allocate(Math.multiplyExact(4, count)).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < count; i++) {
        int row = i / (rows * columns);
        int top = i / columns % rows * window[1] - window[2];
        int left = i % columns * window[1] - window[2];
        int best = -1;
        for (int y = Math.max(0, top); y < Math.min(height, top + window[0]); y++) {
          for (int x = Math.max(0, left); x < Math.min(width, left + window[0]); x++) {
            int pixel = y * width + x;
            if (best < 0
                || value(row / channels, row % channels, pixel)
                    > value(row / channels, row % channels, best)) {
              best = pixel;
            }
          }
        }
        places.putInt(best);
      }
      return places.array();
    }
  }
}
