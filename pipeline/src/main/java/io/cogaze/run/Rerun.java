package io.cogaze.run;

import io.cogaze.error.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What to do about a folder that may have been written before.
 *
 * @param action what to do
 * @param committed what is there; empty when the folder is not committed
 */
public record Rerun(Action action, Optional<Manifest> committed) {
  /** What to do. */
  public enum Action {
    /** Nothing is committed: write. */
    WRITE,
    /** The same configuration is committed: say so and stop. */
    ALREADY_DONE,
    /** Another result is committed and may be replaced: write over it. */
    OVERWRITE
  }

  /**
   * Decides. With {@code overwrite} a committed folder is always written again.
   *
   * <p>Errors: {@link ConfigurationException} when the folder was committed with another
   * configuration and may not be overwritten; it lists the keys that differ, old and new. {@link
   * io.cogaze.error.InputException} when the folder holds another kind of thing: that is never
   * overwritten.
   */
  public static Rerun decide(
      FileSystem fs, Path folder, String kind, ConfigStamp stamp, boolean overwrite) {
    Optional<Manifest> found = Manifest.readIfPresent(fs, folder);
    if (found.isEmpty()) {
      return new Rerun(Action.WRITE, found);
    }
    Manifest.read(fs, folder, kind);
    if (overwrite) {
      return new Rerun(Action.OVERWRITE, found);
    }
    ConfigStamp old = ConfigStamp.of(found.get());
    if (old.hash().equals(stamp.hash())) {
      return new Rerun(Action.ALREADY_DONE, found);
    }
    throw new ConfigurationException(
        """
        Cannot write %s to %s: it was written before, with another configuration.
          %s
          fix:   use another folder, or the old configuration, or --overwrite to replace what is there"""
            .formatted(kind, folder, String.join("\n  ", differences(old, stamp))));
  }

  /** One line a key: path, old and new value. */
  static List<String> differences(ConfigStamp old, ConfigStamp now) {
    SortedSet<String> keys = new TreeSet<>(old.values().keySet());
    keys.addAll(now.values().keySet());
    List<String> lines = new ArrayList<>();
    for (String key : keys) {
      String before = old.values().getOrDefault(key, "(absent)");
      String after = now.values().getOrDefault(key, "(absent)");
      if (!before.equals(after)) {
        lines.add("%s: there %s, now %s".formatted(key, before, after));
      }
    }
    if (lines.isEmpty()) {
      lines.add("configuration hash: there %s, now %s".formatted(old.hash(), now.hash()));
    }
    return lines;
  }
}
