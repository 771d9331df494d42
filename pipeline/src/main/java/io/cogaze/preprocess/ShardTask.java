package io.cogaze.preprocess;

import io.cogaze.dataset.GazeTrack;
import io.cogaze.dataset.Reason;
import io.cogaze.preprocess.Job.DataFile;
import io.cogaze.preprocess.Job.GazeIssue;
import io.cogaze.preprocess.Job.Member;
import io.cogaze.preprocess.Job.ShardDone;
import io.cogaze.preprocess.Job.ShardPlan;
import io.cogaze.preprocess.Job.Table;
import io.cogaze.preprocess.Job.TrackPart;
import io.cogaze.run.FolderCommit;
import io.cogaze.shard.Fingerprint;
import io.cogaze.shard.HadoopConf;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.Issue;
import io.cogaze.shard.ShardWriter;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** What one task does: writes the examples of one data file. Runs on executors. */
final class ShardTask implements Serializable {
  private static final long serialVersionUID = 1L;

  private final HadoopConf conf;
  private final String folder;
  private final PreprocessSettings settings;
  private final List<String> targetClasses;

  ShardTask(
      HadoopConf conf, String folder, PreprocessSettings settings, List<String> targetClasses) {
    this.conf = conf;
    this.folder = folder;
    this.settings = settings;
    this.targetClasses = List.copyOf(targetClasses);
  }

  /** Gaze parts by image id and table, as they came. */
  private static Map<String, Map<Table, List<GazeTrack>>> grouped(Iterator<TrackPart> parts) {
    Map<String, Map<Table, List<GazeTrack>>> tracks = new TreeMap<>();
    while (parts.hasNext()) {
      TrackPart part = parts.next();
      tracks
          .computeIfAbsent(part.imageId(), any -> new EnumMap<>(Table.class))
          .computeIfAbsent(part.table(), any -> new ArrayList<>())
          .add(part.track());
    }
    return tracks;
  }

  /** Decodes, renders and writes. */
  ShardDone write(ShardPlan plan, Iterator<TrackPart> parts) throws IOException {
    Map<String, Map<Table, List<GazeTrack>>> tracks = grouped(parts);
    ExampleMaker maker = new ExampleMaker(conf.get(), settings);
    List<IndexEntry> index = new ArrayList<>();
    List<Fingerprint> fingerprints = new ArrayList<>();
    List<Issue> quarantine = new ArrayList<>();
    List<Issue> warnings = new ArrayList<>();
    List<GazeIssue> gazeWarnings = new ArrayList<>();

    Path root = new Path(folder);
    FileSystem fs = root.getFileSystem(conf.get());
    // A name of this attempt alone: a retried or speculative task never meets another's file.
    String name = FolderCommit.fileName(plan.prefix(), ".parquet");
    ShardWriter writer = new ShardWriter(fs, root, name, targetClasses, settings.storage());
    boolean whole = false;
    try (writer) {
      for (Member member : plan.members()) {
        Map<Table, GazeTrack> gaze =
            merged(tracks.getOrDefault(member.study().imageId(), Map.of()));
        List<Issue> lacks = new ArrayList<>();
        ExampleMaker.Made made =
            maker.make(
                member.study(),
                member.split(),
                Optional.ofNullable(gaze.get(Table.RAW)),
                Optional.ofNullable(gaze.get(Table.FIXATIONS)),
                lacks);
        made.quarantined().ifPresent(quarantine::add);
        if (made.example().isPresent()) {
          index.add(writer.write(made.example().get()));
          fingerprints.addAll(made.fingerprint());
          warnings.addAll(lacks);
          gaze.forEach((table, track) -> malformed(member, table, track, gazeWarnings));
        }
      }
      whole = true;
    } finally {
      if (!whole) {
        fs.delete(new Path(root, name), false);
      }
    }
    List<DataFile> files = new ArrayList<>();
    if (index.isEmpty()) {
      fs.delete(new Path(root, name), false);
    } else {
      files.add(new DataFile(name, writer.written()));
    }
    return new ShardDone(files, index, fingerprints, quarantine, warnings, gazeWarnings, 0);
  }

  private static Map<Table, GazeTrack> merged(Map<Table, List<GazeTrack>> parts) {
    Map<Table, GazeTrack> tracks = new EnumMap<>(Table.class);
    parts.forEach((table, list) -> tracks.put(table, GazeTrack.merge(list)));
    return tracks;
  }

  private static void malformed(
      Member member, Table table, GazeTrack track, List<GazeIssue> warnings) {
    if (track.malformed() > 0) {
      warnings.add(
          new GazeIssue(
              table,
              track.firstMalformed(),
              member.study().exampleId(),
              Reason.GAZE_VALUE.name(),
              track.malformed()
                  + " of "
                  + track.rows()
                  + " gaze rows of this image have a time, position or flag that is no number; they"
                  + " are left out; this is the first; fix: restore the row"));
    }
  }

  /** What becomes of gaze rows whose image is not in the table of studies. */
  static ShardDone strangers(Iterator<TrackPart> parts, Pattern calibration) {
    List<GazeIssue> warnings = new ArrayList<>();
    long[] calibrationRows = {0};
    grouped(parts)
        .forEach(
            (id, tables) ->
                merged(tables)
                    .forEach(
                        (table, track) -> {
                          if (calibration.matcher(id).matches()) {
                            calibrationRows[0] += track.rows();
                          } else {
                            warnings.add(
                                new GazeIssue(
                                    table,
                                    track.firstRow(),
                                    id,
                                    Reason.GAZE_WITHOUT_IMAGE.name(),
                                    track.rows()
                                        + " gaze rows have the image id '"
                                        + id
                                        + "', which the table of studies lacks; they are left out;"
                                        + " this is the first; fix: complete the table of studies,"
                                        + " or ignore this"));
                          }
                        }));
    return new ShardDone(
        List.of(), List.of(), List.of(), List.of(), List.of(), warnings, calibrationRows[0]);
  }
}
