package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.error.ConfigurationException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network, a size and a batch.
 *
 * @param height rows of the input, pixels
 * @param width columns of the input, pixels
 * @param batch examples of a step
 */
public record BenchCase(NetworkSize network, int height, int width, int batch) {
  /** What is measured when nothing is chosen. */
  public static final List<String> DEFAULTS =
      List.of(
          "cooperative:320x256:2",
          "densenet121:224x224:8",
          "densenet201:224x224:8",
          "mt-unet:320x256:2");

  /** 1 GiB of float32: more than a hundred times the largest of {@link #DEFAULTS}. */
  private static final long MOST_PIXELS = 1L << 28;

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Pattern FORM =
      Pattern.compile("([a-z0-9-]+):([1-9][0-9]{0,4})x([1-9][0-9]{0,4}):([1-9][0-9]{0,3})");

  /** Errors: {@link ConfigurationException} for a size that the network cannot take. */
  public BenchCase {
    network.spec(height, width);
    if ((long) height * width * batch > MOST_PIXELS) {
      throw new ConfigurationException(
          "Cannot measure "
              + network.name()
              + ":"
              + height
              + "x"
              + width
              + ":"
              + batch
              + ": a batch may have "
              + MOST_PIXELS
              + " pixels at most.");
    }
  }

  /**
   * Reads {@code NETWORK:HxW:BATCH}, for instance {@code cooperative:320x256:2}: height 320, width
   * 256.
   *
   * <p>Errors: {@link ConfigurationException} for another form, an unknown network, or a size that
   * it cannot take.
   */
  public static BenchCase parse(String text) {
    Matcher parts = FORM.matcher(text.strip());
    if (!parts.matches()) {
      throw new ConfigurationException(
          "Cannot read the case '"
              + text
              + "': expected NETWORK:HEIGHTxWIDTH:BATCH with whole numbers, for example "
              + DEFAULTS.get(0)
              + "; the networks are "
              + NetworkSize.names()
              + ".");
    }
    return new BenchCase(
        NetworkSize.named(parts.group(1)),
        Integer.parseInt(parts.group(2)),
        Integer.parseInt(parts.group(3)),
        Integer.parseInt(parts.group(4)));
  }

  /** The same case with the network's {@link NetworkSize#tiny} copy. */
  public BenchCase tiny() {
    return new BenchCase(network.tiny(), height, width, batch);
  }

  /** A row that begins with what was measured: the case, threads and phase. */
  ObjectNode row(int threads, Phase phase) {
    return JSON.createObjectNode()
        .put("network", network.name())
        .put("height", height)
        .put("width", width)
        .put("batch", batch)
        .put("threads", threads)
        .put("phase", phase.label());
  }

  @Override
  public String toString() {
    return network.name() + ":" + height + "x" + width + ":" + batch;
  }
}
