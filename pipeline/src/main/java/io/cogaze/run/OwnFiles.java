package io.cogaze.run;

import io.cogaze.error.ConfigurationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The files that one kind of output folder is made of. Only these are ever deleted in it.
 *
 * @param folders sub-folders that hold some of them; no other one is looked into
 * @param unique relative names of files that {@link FolderCommit#fileName} named
 * @param fixed names at the top that are written in place
 */
public record OwnFiles(Set<String> folders, Pattern unique, Set<String> fixed) {
  private static final String LOCK = "_lock";

  /** The random part of a unique name, for patterns. */
  public static final String RANDOM = "-[0-9a-f]{32}";

  public OwnFiles {
    folders = Set.copyOf(folders);
    fixed = Set.copyOf(fixed);
  }

  /**
   * Makes sure that a folder may be written: it is not there, or empty, or an output of CoGaze's (a
   * manifest or a lock is there), or holds nothing but these files. Hidden files do not count.
   *
   * <p>Errors: {@link ConfigurationException} that names what else it holds.
   */
  public void requireOwn(FileSystem fs, Path folder) {
    try {
      if (!fs.exists(folder)
          || !fs.getFileStatus(folder).isDirectory()
          || fs.exists(new Path(folder, LOCK))
          || Manifest.readIfPresent(fs, folder).isPresent()) {
        return;
      }
      List<String> foreign = new ArrayList<>();
      for (FileStatus status : fs.listStatus(folder)) {
        String name = status.getPath().getName();
        if (status.isDirectory() && folders.contains(name)) {
          for (FileStatus inner : fs.listStatus(status.getPath())) {
            note(name + "/" + inner.getPath().getName(), inner, foreign);
          }
        } else {
          note(name, status, foreign);
        }
      }
      if (!foreign.isEmpty()) {
        foreign.sort(null);
        throw new ConfigurationException(
            """
            Cannot write to %s: it already holds %s%s.
              cause: CoGaze did not write it
              fix:   choose a new or an empty folder"""
                .formatted(
                    folder,
                    String.join(", ", foreign.subList(0, Math.min(3, foreign.size()))),
                    foreign.size() > 3 ? " and " + (foreign.size() - 3) + " more" : ""));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look into " + folder + ": " + e.getMessage(), e);
    }
  }

  private void note(String name, FileStatus status, List<String> foreign) {
    String last = status.getPath().getName();
    boolean hidden = last.startsWith(".") || last.equals("lost+found");
    boolean ours =
        status.isFile()
            && (unique.matcher(name).matches()
                || fixed.contains(name)
                || name.equals(Manifest.FILE)
                || name.equals(Summary.FILE));
    if (!hidden && !ours) {
      foreign.add(name);
    }
  }
}
