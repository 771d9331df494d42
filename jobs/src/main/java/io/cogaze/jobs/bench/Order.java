package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What a child process is told to prepare.
 *
 * @param engine which of a child's engines: {@value #COGAZE}, {@value #STOCK}, or a memory format
 *     of the peer
 * @param frozen names of parts that do not learn
 */
record Order(BenchCase subject, int threads, Phase phase, String engine, List<String> frozen) {
  /** CoGaze's own layers. */
  static final String COGAZE = "cogaze";

  /** Deeplearning4j's layers as they come. */
  static final String STOCK = "stock";

  /** PyTorch, NCHW. */
  static final String CONTIGUOUS = "contiguous";

  /** PyTorch, NHWC. */
  static final String CHANNELS_LAST = "channels_last";

  private static final ObjectMapper JSON = new ObjectMapper();

  Order {
    frozen = List.copyOf(frozen);
  }

  ObjectNode toJson() {
    ObjectNode json = JSON.createObjectNode().put("command", "prepare");
    json.set("size", subject.network().toJson());
    json.put("height", subject.height())
        .put("width", subject.width())
        .put("batch", subject.batch())
        .put("threads", threads)
        .put("phase", phase.label())
        .put("format", engine);
    json.set("frozen", JSON.valueToTree(frozen));
    return json;
  }

  static Order ofJson(JsonNode json) {
    List<String> frozen = new ArrayList<>();
    json.get("frozen").forEach(part -> frozen.add(part.asText()));
    return new Order(
        new BenchCase(
            NetworkSize.ofJson(json.get("size")),
            json.get("height").asInt(),
            json.get("width").asInt(),
            json.get("batch").asInt()),
        json.get("threads").asInt(),
        Phase.ofLabel(json.get("phase").asText()),
        json.get("format").asText(),
        frozen);
  }
}
