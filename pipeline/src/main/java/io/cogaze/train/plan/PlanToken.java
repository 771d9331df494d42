package io.cogaze.train.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One worker's work of one round as a line of text, which travels as a "path" of {@code
 * SparkComputationGraph.fitPaths}. Form: {@code
 * cogaze-plan-1;EPOCH;ROUND;WORKER;FILE,FILE;BATCH|BATCH} with a batch as {@code
 * FILE_INDEX.ROW_GROUP.ROW} separated by spaces.
 *
 * @param epoch from 1
 * @param round from 0
 * @param worker the averaging worker, from 0
 * @param batches the batches in order; example ids and classes do not travel
 */
public record PlanToken(int epoch, int round, int worker, List<List<Row>> batches) {
  private static final String FORMAT = "cogaze-plan-1";
  private static final int FIELDS = 6;

  /** A row of a shard file. */
  public record Row(String file, int rowGroup, int row) {}

  /** The tokens of an epoch in order of round and worker; workers without batches have none. */
  public static List<String> encode(int epoch, EpochPlan plan) {
    List<String> tokens = new ArrayList<>();
    for (int round = 0; round < plan.rounds(); round++) {
      for (int worker = 0; worker < plan.workers(); worker++) {
        List<List<ExampleRef>> batches = plan.batches(round, worker);
        if (!batches.isEmpty()) {
          tokens.add(encode(epoch, round, worker, batches));
        }
      }
    }
    return tokens;
  }

  private static String encode(int epoch, int round, int worker, List<List<ExampleRef>> batches) {
    Map<String, Integer> files = new LinkedHashMap<>();
    StringBuilder body = new StringBuilder();
    for (List<ExampleRef> batch : batches) {
      if (body.length() > 0) {
        body.append('|');
      }
      String space = "";
      for (ExampleRef example : batch) {
        Integer file = files.computeIfAbsent(example.file(), name -> files.size());
        body.append(space).append(file).append('.').append(example.rowGroup());
        body.append('.').append(example.row());
        space = " ";
      }
    }
    for (String file : files.keySet()) {
      if (file.contains(";") || file.contains(",")) {
        throw new IllegalArgumentException(
            "The shard file name '"
                + file
                + "' holds a ';' or ',', which plan tokens cannot carry");
      }
    }
    return String.join(
        ";",
        FORMAT,
        Integer.toString(epoch),
        Integer.toString(round),
        Integer.toString(worker),
        String.join(",", files.keySet()),
        body);
  }

  /** Reads a token. Errors: {@link IllegalArgumentException} for any other text. */
  public static PlanToken decode(String token) {
    String[] fields = token.split(";", -1);
    if (fields.length != FIELDS || !fields[0].equals(FORMAT)) {
      throw new IllegalArgumentException(
          "Expected a plan token that starts with '"
              + FORMAT
              + "' but got '"
              + token.substring(0, Math.min(token.length(), 80))
              + "'. CoGaze's training master takes tokens of its own plans only, not paths of files");
    }
    String[] files = fields[4].split(",", -1);
    List<List<Row>> batches = new ArrayList<>();
    for (String batch : fields[5].split("\\|", -1)) {
      List<Row> rows = new ArrayList<>();
      for (String row : batch.split(" ", -1)) {
        String[] parts = row.split("\\.", -1);
        rows.add(
            new Row(
                files[Integer.parseInt(parts[0])],
                Integer.parseInt(parts[1]),
                Integer.parseInt(parts[2])));
      }
      batches.add(rows);
    }
    return new PlanToken(
        Integer.parseInt(fields[1]),
        Integer.parseInt(fields[2]),
        Integer.parseInt(fields[3]),
        batches);
  }

  /** The number of examples of all batches. */
  public int examples() {
    return batches.stream().mapToInt(List::size).sum();
  }
}
