package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.step.WorkerReport;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Holds training to its plan: each worker reports once a round, on just the examples that it was
 * given, and each averaged slice is over all of them. What a task reports is the number of the
 * examples that it fitted and the sum of the hashes of their ids, taken from the records read, so
 * that a wrong row is noticed too. Errors: {@link RunException} that says what is lost, used twice
 * or another.
 */
final class Accounting {
  private Accounting() {}

  /** Checks the reports of a round against the plan of its epoch. */
  static void round(String stage, EpochPlan plan, RoundSummary round) {
    String where = "Stage '%s', epoch %d, round %d".formatted(stage, round.epoch(), round.round());
    Set<Integer> reported = new HashSet<>();
    for (WorkerReport report : round.reports()) {
      int worker = report.worker();
      if (worker < 0 || worker >= plan.workers()) {
        throw failure(
            "%s: worker %d reported, but the plan has %d workers"
                .formatted(where, worker, plan.workers()));
      }
      if (!reported.add(worker)) {
        throw failure("%s: worker %d delivered its result twice".formatted(where, worker));
      }
      check(
          "%s: worker %d".formatted(where, worker),
          plan.batches(round.round() - 1, worker),
          report.examples(),
          report.idHash());
    }
    for (int worker = 0; worker < plan.workers(); worker++) {
      if (!reported.contains(worker) && !plan.batches(round.round() - 1, worker).isEmpty()) {
        throw failure("%s: the result of worker %d is lost".formatted(where, worker));
      }
    }
  }

  /**
   * Checks all rounds of an epoch against the examples that the shards' index has for the stage.
   */
  static void epoch(String stage, int epoch, List<ExampleRef> examples, List<RoundSummary> rounds) {
    long used = 0;
    long hash = 0;
    for (RoundSummary round : rounds) {
      for (WorkerReport report : round.reports()) {
        used += report.examples();
        hash += report.idHash();
      }
    }
    check("Stage '%s', epoch %d:".formatted(stage, epoch), List.of(examples), used, hash);
  }

  /** Checks that each averaged slice is over the examples that the workers reported. */
  static void averaged(String round, int slices, List<Long> averaged, List<WorkerReport> reports) {
    long examples = reports.stream().mapToLong(WorkerReport::examples).sum();
    if (averaged.size() != slices) {
      throw failure(
          "Round '%s': %d of %d slices of the averaged state are there"
              .formatted(round, averaged.size(), slices));
    }
    for (int slice = 0; slice < slices; slice++) {
      if (averaged.get(slice) != examples) {
        throw failure(
            "Round '%s': slice %d of %d was averaged over %d examples, but the workers used %d; a worker's part is lost or was counted twice"
                .formatted(round, slice + 1, slices, averaged.get(slice), examples));
      }
    }
  }

  private static void check(
      String who, List<List<ExampleRef>> batches, long examples, long idHash) {
    long planned = 0;
    long hash = 0;
    for (List<ExampleRef> batch : batches) {
      for (ExampleRef example : batch) {
        planned++;
        hash += WorkerReport.idHash(example.exampleId());
      }
    }
    if (planned == examples && hash == idHash) {
      return;
    }
    String difference;
    if (examples < planned) {
      difference = (planned - examples) + " lost";
    } else if (examples > planned) {
      difference = (examples - planned) + " too many, used twice or never planned";
    } else {
      difference = "others than planned, or one twice and another not at all";
    }
    throw failure(
        "%s used %d of %d planned examples: %s".formatted(who, examples, planned, difference));
  }

  private static RunException failure(String what) {
    return new RunException(
        what
            + """
            .
              cause: the shards' data do not fit their index, or a result was lost or counted twice on its way
              kept:  the last checkpoint; nothing of this epoch goes into one
              fix:   start the same command again, it goes on from there; if it happens again, run preprocess again"""
                .stripTrailing());
  }
}
