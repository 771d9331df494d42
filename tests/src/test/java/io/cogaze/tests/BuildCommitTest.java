package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commit that provenance names is the one that was built, whatever the shape of the checkout.
 */
class BuildCommitTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir private Path temporary;
  private Path sources;

  @BeforeEach
  void copyThePoms() throws IOException {
    sources = temporary.resolve("sources");
    for (String pom : List.of("pom.xml", "pipeline/pom.xml", "jobs/pom.xml", "tests/pom.xml")) {
      Path copy = sources.resolve(pom);
      Files.createDirectories(copy.getParent());
      Files.copy(Project.root().resolve(pom), copy);
    }
    Files.createDirectories(sources.resolve("conf"));
  }

  @Test
  void theJarNamesTheCommitThatWasBuilt() throws IOException {
    try (ZipFile jar = new ZipFile(Project.jar().toFile());
        InputStream entry = jar.getInputStream(jar.getEntry("cogaze-build.properties"))) {
      Properties known = new Properties();
      known.load(entry);
      assertThat(known.getProperty("version")).matches("\\d+\\.\\d+\\.\\d+.*");
      assertThat(known.getProperty("dl4j")).matches("1\\.0\\.0-.*");
      String commit = known.getProperty("commit");
      if (Files.exists(Project.root().resolve(".git"))) {
        assertThat(commit.replaceFirst("-dirty$", ""))
            .isEqualTo(git(Project.root(), "rev-parse", "HEAD"));
      } else {
        assertThat(commit).isEmpty();
      }
    }
  }

  @Test
  void aMergeCountsAndAChangedFileShows() throws IOException {
    repository();
    git(sources, "checkout", "-q", "-b", "side");
    commit(sources, "side.txt");
    git(sources, "checkout", "-q", "-");
    commit(sources, "main.txt");
    git(sources, "merge", "-q", "--no-ff", "-m", "both", "side");
    String head = git(sources, "rev-parse", "HEAD");
    assertThat(git(sources, "rev-list", "--parents", "-1", "HEAD").split(" ")).hasSize(3);

    assertThat(built(sources)).isEqualTo(head);
    Files.writeString(sources.resolve("main.txt"), "changed");
    assertThat(built(sources)).isEqualTo(head + "-dirty");
  }

  @Test
  void aLinkedWorkTreeNamesItsOwnCommit() throws IOException {
    repository();
    Path linked = temporary.resolve("linked");
    git(sources, "worktree", "add", "-q", linked.toString());
    commit(linked, "linked.txt");
    String head = git(linked, "rev-parse", "HEAD");
    assertThat(head).isNotEqualTo(git(sources, "rev-parse", "HEAD"));

    assertThat(built(linked)).isEqualTo(head);
  }

  @Test
  void sourcesWithoutARepositoryBuildEvenInsideAnotherOne() throws IOException {
    git(temporary, "init", "-q");
    commit(temporary, "another.txt");

    assertThat(built(sources)).isIn("", "${commit}");
  }

  private void repository() throws IOException {
    git(sources, "init", "-q");
    Files.writeString(sources.resolve(".gitignore"), "target/\n");
    commit(sources, "first.txt");
    git(sources, "tag", "a-tag");
  }

  private static void commit(Path folder, String file) throws IOException {
    Files.writeString(folder.resolve(file), file);
    git(folder, "add", "--all");
    git(folder, "commit", "-q", "-m", file);
  }

  private static String git(Path folder, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Tools.require("git", "install git").toString());
    for (String setting :
        List.of(
            "user.name=Test",
            "user.email=test@example.org",
            "commit.gpgsign=false",
            "init.defaultBranch=main")) {
      command.add("-c");
      command.add(setting);
    }
    command.addAll(List.of(arguments));
    return Programs.run(folder, Map.of(), LIMIT, command).expect(0).out().strip();
  }

  /** The commit that a build of a folder writes down. */
  private static String built(Path folder) {
    String maven = Tools.require("mvn", "install Maven 3.8").toString();
    Programs.run(
            folder,
            Map.of(),
            LIMIT,
            List.of(maven, "-B", "-q", "-ntp", "-pl", "pipeline", "process-resources"))
        .expect(0);
    Properties known = new Properties();
    try (InputStream file =
        Files.newInputStream(folder.resolve("pipeline/target/classes/cogaze-build.properties"))) {
      known.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read what the build wrote", e);
    }
    return known.getProperty("commit");
  }
}
