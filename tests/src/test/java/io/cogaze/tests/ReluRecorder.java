package io.cogaze.tests;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.HostValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Remembers which values the ReLUs of a training step let pass, one bit a value. */
final class ReluRecorder extends BaseTrainingListener {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> vertices;
  private final ByteArrayOutputStream bits = new ByteArrayOutputStream();
  private final ArrayNode index = JSON.createArrayNode();

  /**
   * @param vertices whose outputs are those of ReLUs
   */
  ReluRecorder(List<String> vertices) {
    this.vertices = List.copyOf(vertices);
  }

  @Override
  public void onForwardPass(Model model, Map<String, INDArray> activations) {
    for (String vertex : vertices) {
      INDArray output = activations.get(vertex);
      if (output == null) {
        throw new IllegalArgumentException(
            "There is no vertex " + vertex + " among " + activations.keySet());
      }
      ObjectNode entry = index.addObject().put("name", vertex).put("offset", bits.size());
      Arrays.stream(Activations.shape(output)).forEach(entry.putArray("shape")::add);
      byte[] passed = positive(output).toByteArray();
      bits.writeBytes(Arrays.copyOf(passed, Math.toIntExact((output.length() + 7) / 8)));
    }
  }

  /** Writes {@code relus.bin} and {@code relus.json}. */
  void write(Path folder) throws IOException {
    Files.write(folder.resolve("relus.bin"), bits.toByteArray());
    JSON.writeValue(folder.resolve("relus.json").toFile(), index);
  }

  /** Bit i: whether value i of [N,C,H,W] in C order is positive, whatever the layout. */
  private static BitSet positive(INDArray array) {
    float[] values = HostValues.floats(array);
    int channels = (int) Activations.channels(array);
    int examples = (int) Activations.examples(array);
    int pixels = (int) (Activations.height(array) * Activations.width(array));
    int block = array.rank() > 4 ? (int) array.size(4) : 1;
    boolean stacked = array.rank() == 6;
    BitSet positive = new BitSet(values.length);
    for (int n = 0; n < examples; n++) {
      for (int c = 0; c < channels; c++) {
        int first = c / block;
        int row = stacked ? first * examples + n : n * (channels / block) + first;
        for (int p = 0; p < pixels; p++) {
          if (values[(row * pixels + p) * block + c % block] > 0) {
            positive.set((n * channels + c) * pixels + p);
          }
        }
      }
    }
    return positive;
  }
}
