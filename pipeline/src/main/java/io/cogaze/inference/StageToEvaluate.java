package io.cogaze.inference;

import io.cogaze.nn.network.Head;
import io.cogaze.run.Manifest;
import io.cogaze.run.RunLayout;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.checkpoint.TrainedStage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;

/**
 * A finished stage and the outputs that it is evaluated by: the class head that it trained, and the
 * saliency head if it trained that or carries it along.
 */
record StageToEvaluate(TrainedStage stage, Set<Head> heads) {
  private static final Set<Head> CLASS_HEADS = EnumSet.of(Head.DENSENET_CLASS, Head.FUSED_CLASS);

  /** What the run folder holds, in the order of the recipe. */
  record Found(List<StageToEvaluate> evaluated, List<String> unfinished) {}

  String name() {
    return stage.stage();
  }

  boolean hasClasses() {
    return heads.stream().anyMatch(CLASS_HEADS::contains);
  }

  boolean hasMap() {
    return heads.contains(Head.SALIENCY);
  }

  /**
   * Finds the stages of a run.
   *
   * @param order names in the order of the recipe; empty to take the folders that are there, in the
   *     order of what they train
   */
  static Found in(FileSystem fs, RunLayout run, List<String> order) {
    List<String> unfinished = new ArrayList<>();
    List<TrainedStage> trained = new ArrayList<>();
    for (String name : order.isEmpty() ? folders(fs, run) : order) {
      Optional<Manifest> manifest = Manifest.readIfPresent(fs, run.stage(name).folder());
      if (manifest.isPresent() && manifest.get().kind().equals(CheckpointStore.STAGE_KIND)) {
        trained.add(TrainedStage.load(fs, run, name));
      } else {
        unfinished.add(name);
      }
    }
    if (order.isEmpty()) {
      trained.sort(
          Comparator.comparing((TrainedStage stage) -> last(stage.trainedHeads()))
              .thenComparing(TrainedStage::stage));
    }
    List<StageToEvaluate> evaluated = new ArrayList<>();
    for (TrainedStage stage : trained) {
      Set<Head> heads = heads(stage);
      if (!heads.isEmpty()) {
        evaluated.add(new StageToEvaluate(stage, heads));
      }
    }
    return new Found(evaluated, unfinished);
  }

  private static Set<Head> heads(TrainedStage stage) {
    Set<Head> heads = EnumSet.noneOf(Head.class);
    Set<Head> trained = stage.trainedHeads();
    CLASS_HEADS.stream().filter(trained::contains).forEach(heads::add);
    boolean seesDecoder = trained.contains(Head.SALIENCY) || trained.contains(Head.FUSED_CLASS);
    if (seesDecoder && stage.availableHeads().contains(Head.SALIENCY)) {
      heads.add(Head.SALIENCY);
    }
    return heads;
  }

  /** Heads are declared in the order in which recipes train them. */
  private static int last(Set<Head> heads) {
    return heads.stream().mapToInt(Head::ordinal).max().orElse(-1);
  }

  private static List<String> folders(FileSystem fs, RunLayout run) {
    List<String> names = new ArrayList<>();
    try {
      for (FileStatus status : fs.listStatus(run.stages())) {
        if (status.isDirectory()) {
          names.add(status.getPath().getName());
        }
      }
    } catch (FileNotFoundException e) {
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + run.stages() + ": " + e.getMessage(), e);
    }
    names.sort(null);
    return names;
  }
}
