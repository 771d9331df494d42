package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.error.RunException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * CoGaze's side of the benchmark, in a process of its own: takes the orders that {@code
 * bench/engine_peer.py} takes, one JSON object a line, and answers them the same way. The clock is
 * {@link System#nanoTime}, which is monotonic, around the whole step.
 */
public final class Worker {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final PrintStream answers;
  private StepEngine engine;

  private Worker(PrintStream answers) {
    this.answers = answers;
  }

  /** Answers orders until they end. */
  public static void serve(InputStream orders, PrintStream answers) throws IOException {
    Worker worker = new Worker(answers);
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(orders, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode order = JSON.readTree(line);
      switch (order.path("command").asText()) {
        case "prepare" -> worker.prepare(Order.ofJson(order));
        case "run" -> worker.run(order.get("steps").asInt());
        case "end" -> {
          return;
        }
        default -> throw new IllegalArgumentException("No such order: " + line);
      }
    }
  }

  private void prepare(Order order) {
    engine =
        order.engine().equals(Order.STOCK)
            ? StockEngine.prepare(order)
            : CogazeEngine.prepare(order);
    ObjectNode answer =
        JSON.createObjectNode()
            .put("parameters", engine.parameters())
            .put("engine", engine.description());
    answer.set("demand", JSON.valueToTree(engine.demand()));
    answer(answer);
  }

  private void run(int steps) {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode seconds = answer.putArray("seconds");
    for (int i = 0; i < steps; i++) {
      long start = System.nanoTime();
      double result = engine.step();
      seconds.add((System.nanoTime() - start) / 1e9);
      if (!Double.isFinite(result)) {
        throw new RunException("Cannot go on measuring: the result of a step is " + result + ".");
      }
      answer.put("loss", result);
    }
    answer(answer);
  }

  private void answer(ObjectNode fields) {
    answers.println(Child.PREFIX + fields);
    answers.flush();
  }
}
