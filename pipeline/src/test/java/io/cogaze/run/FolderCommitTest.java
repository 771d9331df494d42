package io.cogaze.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FolderCommitTest {
  private static final OwnFiles OWN =
      new OwnFiles(
          Set.of("data"),
          Pattern.compile("data/part-\\d" + OwnFiles.RANDOM + "\\.[a-z]+"),
          Set.of());

  @TempDir java.nio.file.Path temporary;

  private LocalFileSystem local;
  private Path folder;

  @BeforeEach
  void open() throws IOException {
    local = FileSystem.getLocal(new Configuration());
    folder = new Path(temporary.toUri().getPath(), "shards");
  }

  @Test
  void listsWhatWasAddedWithSizeHashRowsAndBody() throws IOException {
    FolderCommit commit = FolderCommit.begin(local, folder, "shards");
    Path part = commit.newFile("data/part-00000", ".parquet");
    Json.put(local, part, text("abc"));
    commit.addAndHash(commit.relativeName(part), OptionalLong.of(5));
    commit.write("config", ".conf", text("a = 1"));
    assertThat(Manifest.readIfPresent(local, folder)).isEmpty();

    Manifest published = commit.publish(Map.of("examples", 5, "mean", 0.1f, "by", Map.of("x", 1)));
    Manifest read = Manifest.read(local, folder, "shards");
    assertThat(read).isEqualTo(published);
    assertThat(read.files()).hasSize(2);
    ManifestFile data = read.file("data/part-00000", ".parquet");
    assertThat(data.sizeBytes()).isEqualTo(3);
    // SHA-256("abc"), FIPS 180-2 appendix B.1.
    assertThat(data.sha256())
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assertThat(data.rows()).hasValue(5);
    assertThat(read.file("config", ".conf").rows()).isEmpty();
    assertThat(read.body().path("by").path("x").asInt()).isEqualTo(1);
    read.verify(local, folder, true);
  }

  @Test
  void theSameContentGivesTheSameManifest() throws IOException {
    Manifest one = withFixedNames(new Path(folder, "one"));
    Manifest two = withFixedNames(new Path(folder, "two"));
    assertThat(one.sha256()).isEqualTo(two.sha256());
  }

  private Manifest withFixedNames(Path place) throws IOException {
    FolderCommit commit = FolderCommit.begin(local, place, "checkpoint");
    for (String name : List.of("b.bin", "a.bin")) {
      Json.put(local, new Path(place, name), text(name));
      commit.addAndHash(name, OptionalLong.empty());
    }
    return commit.publish(Map.of("z", 1, "y", List.of(1, 2), "x", 1e-9));
  }

  @ParameterizedTest(name = "checksum files {0}, over an old commit {1}")
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void aReaderNeverSeesHalfOfWhatADyingWriterWrote(boolean checksums, boolean again)
      throws IOException {
    FileSystem disk = checksums ? local : local.getRawFileSystem();
    boolean finished = false;
    int absent = 0;
    for (int steps = 0; !finished; steps++) {
      Path place = new Path(folder, "attempt-" + steps);
      String old = again ? attempt(disk, place, "old").sha256() : "";
      CrashingFileSystem dying = new CrashingFileSystem(disk, steps);
      try {
        attempt(dying, place, "new");
        finished = true;
      } catch (UncheckedIOException | RunException e) {
        assertThat(dying.crashed()).as("step %d: %s", steps, e).isTrue();
      }
      var seen = Manifest.readIfPresent(disk, place);
      if (seen.isPresent()) {
        seen.get().verify(disk, place, true);
        String generation = seen.get().body().path("generation").asText();
        assertThat(generation.equals("new") || seen.get().sha256().equals(old)).isTrue();
      } else {
        absent++;
        Path p = place;
        assertThatThrownBy(() -> Manifest.read(disk, p)).isInstanceOf(InputException.class);
      }
      // Another attempt succeeds whatever was left, and cleans up.
      Manifest whole = attempt(disk, place, "new");
      FolderCommit.removeLeftovers(disk, place, OWN);
      whole.verify(disk, place, true);
      assertThat(filesUnder(place))
          .as("step %d", steps)
          .hasSize(whole.files().size() + 1)
          .contains(Manifest.FILE);
    }
    assertThat(absent).as("steps after which nothing was committed").isGreaterThan(again ? 1 : 10);
  }

  private static Manifest attempt(FileSystem fs, Path place, String generation) throws IOException {
    FolderCommit commit = FolderCommit.begin(fs, place, "shards");
    for (int i = 0; i < 3; i++) {
      commit.write("data/part-" + i, ".bin", text(generation + " " + "x".repeat(10_000) + i));
    }
    return commit.publish(Map.of("generation", generation, "padding", "p".repeat(20_000)));
  }

  private List<String> filesUnder(Path place) throws IOException {
    java.nio.file.Path root = java.nio.file.Path.of(place.toUri().getPath());
    try (var files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> root.relativize(file).toString())
          .filter(name -> !name.endsWith(".crc"))
          .sorted()
          .toList();
    }
  }

  @Test
  void aManifestCutOffAtAnyByteOrWithAHoleIsNone() throws IOException {
    FileSystem raw = local.getRawFileSystem();
    FolderCommit commit = FolderCommit.begin(raw, folder, "shards");
    commit.write("a", ".bin", text("a"));
    commit.publish(Map.of("count", 12345));
    java.nio.file.Path file = java.nio.file.Path.of(folder.toUri().getPath(), Manifest.FILE);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length - 1; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(Manifest.readIfPresent(raw, folder)).as("%d bytes", length).isEmpty();
    }
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      byte[] holed = whole.clone();
      int from = random.nextInt(whole.length - 1);
      Arrays.fill(holed, from, Math.min(whole.length, from + 1 + random.nextInt(64)), (byte) 0);
      Files.write(file, holed);
      assertThat(Manifest.readIfPresent(raw, folder)).as("hole at %d", from).isEmpty();
    }
    String changed = new String(whole, StandardCharsets.UTF_8).replace("12345", "12346");
    Files.writeString(file, changed);
    assertThatThrownBy(() -> Manifest.read(raw, folder))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("its manifest.json is not whole")
        .hasMessageContaining("interrupted");
  }

  @Test
  void saysWhyAFolderCannotBeRead() throws IOException {
    assertThatThrownBy(() -> Manifest.read(local, folder))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(folder + ": there is no such folder");
    local.mkdirs(folder);
    assertThatThrownBy(() -> Manifest.read(local, folder))
        .hasMessageContaining("it has no manifest.json");
    FolderCommit.begin(local, folder, "checkpoint").publish(Map.of());
    assertThatThrownBy(() -> Manifest.read(local, folder, "shards"))
        .hasMessageContaining("it holds checkpoint")
        .hasMessageContaining("give the folder that holds shards");
    Json.put(local, new Path(folder, Manifest.FILE), text("{\"format_version\": 99}"));
    assertThatThrownBy(() -> Manifest.read(local, folder))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("format version 99, this program reads version 1")
        .hasMessageContaining("a newer CoGaze wrote it");
    Json.put(local, new Path(folder, Manifest.FILE), text("{\"format_version\": 0}"));
    assertThatThrownBy(() -> Manifest.readIfPresent(local, folder))
        .as("what an older version wrote is refused by name, not thrown away as half written")
        .isInstanceOf(InputException.class)
        .hasMessageContaining("format version 0, this program reads version 1")
        .hasMessageContaining("an older CoGaze wrote it");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void namesEveryDamagedFile(boolean checksums) throws IOException {
    FileSystem disk = checksums ? local : local.getRawFileSystem();
    FolderCommit commit = FolderCommit.begin(disk, folder, "shards");
    String gone = commit.write("gone", ".bin", text("1234")).name();
    String cut = commit.write("cut", ".bin", text("1234")).name();
    String flipped = commit.write("flipped", ".bin", text("1234")).name();
    Manifest manifest = commit.publish(Map.of());
    java.nio.file.Path root = java.nio.file.Path.of(folder.toUri().getPath());
    Files.delete(root.resolve(gone));
    Files.writeString(root.resolve(cut), "123");
    Files.writeString(root.resolve(flipped), "1235");
    assertThatThrownBy(() -> manifest.verify(disk, folder, true))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("3 of its 3 files are damaged")
        .hasMessageContaining(gone + " is missing")
        .hasMessageContaining(cut + " has 3 bytes, expected 4")
        .hasMessageContaining(flipped + " has other content");
    assertThatThrownBy(() -> manifest.verify(disk, folder, false))
        .hasMessageContaining("2 of its 3 files are damaged");
  }

  @Test
  void removesOnlyFilesOfItsOwnNamingThatNoManifestLists() throws IOException {
    Path inner = new Path(folder, "inner");
    String innerFile =
        commitOne(inner, "kept"); // committed by itself: none of the outer folder's business
    String leftover = FolderCommit.fileName("data/part-1", ".parquet");
    String picture = "picture-" + "0123456789abcdef".repeat(2) + ".png";
    List<String> foreign =
        List.of(picture, "data/" + picture, "photos/" + leftover.substring(5), "photos/" + picture);
    foreign.forEach(name -> put(name));
    for (String name : List.of(leftover, "summary.json", "notes-2024.txt")) {
      Json.put(local, new Path(folder, name), text(name));
    }
    String listed = commitOne(folder, "listed");
    assertThat(FolderCommit.removeLeftovers(local, folder, OWN)).containsExactly(leftover);
    assertThat(filesUnder(folder)).containsAll(foreign);
    foreign.forEach(name -> delete(name));
    assertThat(filesUnder(folder))
        .containsExactlyInAnyOrder(
            "inner/" + innerFile,
            "inner/manifest.json",
            listed,
            "manifest.json",
            "notes-2024.txt",
            "summary.json");
    FolderCommit.withdraw(local, folder);
    assertThat(filesUnder(folder)).doesNotContain(listed, "manifest.json").contains("summary.json");
  }

  private void put(String name) {
    try {
      Json.put(local, new Path(folder, name), text(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void delete(String name) {
    try {
      local.delete(new Path(folder, name), false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void refusesAFolderThatHoldsAnythingElse() throws IOException {
    OWN.requireOwn(local, new Path(folder, "absent"));
    put(FolderCommit.fileName("data/part-1", ".parquet"));
    put(".hidden");
    put("summary.json");
    OWN.requireOwn(local, folder);
    put("data/picture-" + "0123456789abcdef".repeat(2) + ".png");
    put("photos/x.png");
    assertThatThrownBy(() -> OWN.requireOwn(local, folder))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("it already holds data/picture-")
        .hasMessageContaining(", photos.")
        .hasMessageContaining("choose a new or an empty folder");
    commitOne(folder, "x");
    OWN.requireOwn(local, folder);
  }

  @Test
  void aFileInPlaceOfAFolderIsExplained() throws IOException {
    put("file");
    for (String place : List.of("file", "file/inner/folder")) {
      Path wanted = new Path(folder, place);
      assertThatThrownBy(() -> FolderCommit.begin(local, wanted, "x"))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("a part of this path is a file, and a folder is expected");
      assertThatThrownBy(() -> RunLock.acquire(local, wanted, "x"))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("a part of this path is a file, and a folder is expected");
    }
    java.nio.file.Path link = java.nio.file.Path.of(folder.toUri().getPath(), "link");
    java.nio.file.Files.createSymbolicLink(link, java.nio.file.Path.of("nowhere"));
    Path wanted = new Path(folder, "link");
    assertThatThrownBy(() -> RunLock.acquire(local, wanted, "x"))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("Cannot write to")
        .hasMessageContaining("a link to nowhere");
  }

  @Test
  void anOutputMayNotBeOrLieInAnInputAlsoNotThroughALink() throws IOException {
    put("in/x");
    java.nio.file.Path root = java.nio.file.Path.of(folder.toUri().getPath());
    java.nio.file.Files.createSymbolicLink(root.resolve("link"), root.resolve("in"));
    Path in = new Path(folder, "in");
    for (String out : List.of("in", "in/a/b", "link", "link/a", "in/../in/a")) {
      assertThatThrownBy(
              () ->
                  Folders.requireOutside(
                      local, new Path(folder, out), "--run", local, in, "--shards"))
          .as(out)
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("in --shards".substring(3))
          .hasMessageContaining("choose a folder outside of it");
    }
    Folders.requireOutside(local, new Path(folder, "in2"), "--run", local, in, "--shards");
    Folders.requireOutside(local, folder, "--run", local, in, "--shards");
  }

  private String commitOne(Path place, String prefix) {
    FolderCommit commit = FolderCommit.begin(local, place, "x");
    String name = commit.write(prefix, ".bin", text("x")).name();
    commit.publish(Map.of());
    return name;
  }

  @Test
  void refusesToPublishWithoutTheLock() throws IOException {
    RunLock lock = RunLock.acquire(local, folder, "test");
    FolderCommit commit = FolderCommit.begin(local, folder, "shards").guardedBy(lock);
    commit.write("a", ".bin", text("a"));
    lock.close();
    assertThatThrownBy(() -> commit.publish(Map.of()))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("lost its lock");
    assertThat(Manifest.isCommitted(local, folder)).isFalse();
  }

  @Test
  void refusesToPublishFilesThatAreNotWhatWasAdded() {
    FolderCommit commit = FolderCommit.begin(local, folder, "shards");
    commit.add("never-written.bin", 3, Sha256.of("x"), OptionalLong.empty());
    assertThatThrownBy(() -> commit.publish(Map.of()))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("never-written.bin");
    assertThat(Manifest.isCommitted(local, folder)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "/x", "a/../b", "", "a//b", "s3a:x", "manifest.json"})
  void refusesNamesOutsideTheFolder(String name) {
    FolderCommit commit = FolderCommit.begin(local, folder, "shards");
    String hash = Sha256.of("x");
    assertThatThrownBy(() -> commit.add(name, 1, hash, OptionalLong.empty()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesToListAFileTwice() {
    FolderCommit commit = FolderCommit.begin(local, folder, "shards");
    commit.add("a", 1, Sha256.of("x"), OptionalLong.empty());
    assertThatThrownBy(() -> commit.add("a", 1, Sha256.of("x"), OptionalLong.empty()))
        .hasMessageContaining("it is listed already");
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
