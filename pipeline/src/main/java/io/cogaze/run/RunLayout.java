package io.cogaze.run;

import org.apache.hadoop.fs.Path;

/**
 * Where everything of a run lies.
 *
 * <pre>
 * RUN/recipe.conf                       the resolved configuration of training
 * RUN/summary.json                      what the commands on this run did last
 * RUN/stages/STAGE/checkpoints/0007/    one committed folder an epoch
 * RUN/stages/STAGE/metrics/             rounds and epochs of the stage, committed
 * RUN/stages/STAGE/rounds/              where the time of each round went, committed
 * RUN/stages/STAGE/memory/              memory of each executor in each round, committed
 * RUN/tensorboard/STAGE/                TensorBoard's event files, committed
 * RUN/stages/STAGE/manifest.json        the stage is finished
 * RUN/evaluation/SPLIT/                 predictions and metrics, committed
 * RUN/report/report.html
 * </pre>
 */
public record RunLayout(Path root) {

  /** The resolved configuration that the run was made with. */
  public Path recipeFile() {
    return new Path(root, "recipe.conf");
  }

  /** Holds one folder a stage. */
  public Path stages() {
    return new Path(root, "stages");
  }

  /** The folder of a stage. */
  public StageLayout stage(String name) {
    return new StageLayout(new Path(stages(), checkedName(name)));
  }

  /** The folder of a stage's event files; TensorBoard is given the one above. */
  public Path tensorboard(String stage) {
    return new Path(new Path(root, "tensorboard"), checkedName(stage));
  }

  /** The folder of the evaluation on a split (train, valid, test). */
  public Path evaluation(String split) {
    return new Path(new Path(root, "evaluation"), checkedName(split));
  }

  /** The folder of the report. */
  public Path report() {
    return new Path(root, "report");
  }

  /** The page itself. */
  public Path reportFile() {
    return new Path(report(), "report.html");
  }

  /** Whether a stage or split may have this name, which becomes that of a folder. */
  public static boolean isName(String name) {
    return name.matches("[A-Za-z0-9][A-Za-z0-9._-]*");
  }

  private static String checkedName(String name) {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "Cannot make a folder named '" + name + "': expected letters, digits, dot, dash");
    }
    return name;
  }
}
