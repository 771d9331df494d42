package io.cogaze.preprocess;

import io.cogaze.dataset.GazeTrack;
import io.cogaze.dataset.StudyRow;
import io.cogaze.shard.Fingerprint;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.Issue;
import io.cogaze.shard.Split;
import io.cogaze.shard.WrittenFile;
import java.io.Serializable;
import java.util.List;

/** The messages between the driver and the tasks of preprocess. */
final class Job {
  private Job() {}

  /** Which table a track comes from. */
  enum Table {
    RAW,
    FIXATIONS
  }

  /** A study and the split that it belongs to. */
  record Member(StudyRow study, Split split) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /**
   * One task: the examples of one data file, ordered by id.
   *
   * @param prefix name of the data file within the folder, without its unique end
   */
  record ShardPlan(String prefix, List<Member> members) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /** Part of a track on its way to the task that needs it. */
  record TrackPart(String imageId, Table table, GazeTrack track) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /**
   * A finding about rows of a gaze table, whose place is a byte offset as yet.
   *
   * @param offset of the first row that it is about
   */
  record GazeIssue(Table table, long offset, String exampleId, String reason, String message)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /**
   * What a task did.
   *
   * @param files the data file, relative to the folder; none when no example was left
   */
  record ShardDone(
      List<DataFile> files,
      List<IndexEntry> index,
      List<Fingerprint> fingerprints,
      List<Issue> quarantine,
      List<Issue> warnings,
      List<GazeIssue> gazeWarnings,
      long calibrationRows)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /** A data file and what it holds. */
  record DataFile(String name, WrittenFile written) implements Serializable {
    private static final long serialVersionUID = 1L;
  }
}
