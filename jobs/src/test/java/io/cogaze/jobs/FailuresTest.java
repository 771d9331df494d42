package io.cogaze.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.error.InputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.security.AccessControlException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What a user reads of a failure, and the exit code that a scheduler sees. */
class FailuresTest {
  static Stream<Arguments> lacks() {
    IOException full = new IOException("No space left on device");
    return Stream.of(
        Arguments.of(fsError(full), 3, "a disk is full", "free:  here/run "),
        Arguments.of(
            new IllegalStateException("Job aborted: java.io.IOException: No space left on device"),
            3,
            "a disk is full",
            "SPARK_LOCAL_DIRS"),
        Arguments.of(
            new UncheckedIOException("Cannot write /a/b", new IOException("Read-only file system")),
            3,
            "mounted read-only",
            "Cannot write /a/b; Read-only file system"),
        Arguments.of(new AccessControlException("user=x"), 3, "may not read or write", "user=x"),
        Arguments.of(
            new ParentNotDirectoryException("Parent path is not a directory: /a/file"),
            1,
            "a part of a path is a file",
            "/a/file"),
        Arguments.of(
            new IllegalStateException(new OutOfMemoryError("Java heap space")),
            3,
            "the memory does not suffice",
            "--driver-memory"),
        Arguments.of(
            new IllegalStateException("Lost task 0.0: java.lang.OutOfMemoryError: Java heap space"),
            3,
            "the memory does not suffice",
            "Java heap space"),
        Arguments.of(
            new IllegalStateException(
                "The number of cores per executor (=1) has to be >= the number of cpus per task = 2."),
            1,
            "no executor has the cores that a task asks for",
            "(=1)"),
        Arguments.of(
            new IllegalStateException("Job 5 cancelled because SparkContext was shut down"),
            3,
            "Spark was stopped while it worked",
            "the same command again"),
        Arguments.of(fsError(new IOException("Input/output error")), 3, "file system failed", "I"),
        Arguments.of(
            new IllegalStateException(new InputException("Row 3 is odd.")), 2, "Row 3 is odd", ""));
  }

  @ParameterizedTest(name = "{2}")
  @MethodSource("lacks")
  void aLackIsExplainedWithItsFixInsteadOfATrace(
      Throwable failure, int code, String words, String more) {
    StringWriter err = new StringWriter();
    CommandLine line = CommandLineApplication.create();
    line.addSubcommand("fail", new Failing(failure));
    line.setErr(new PrintWriter(err, true));
    line.setExecutionExceptionHandler(line.getExecutionExceptionHandler());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    assertThat(line.execute("fail", "--run", "here/run")).isEqualTo(code);
    assertThat(err.toString())
        .startsWith("cogaze fail: ")
        .contains(words, more)
        .doesNotContain("\tat ");
  }

  @Test
  void whatNobodyExplainsStaysUnexplained() {
    assertThat(Failures.explain(new IllegalStateException("odd"), "train", List.of())).isEmpty();
  }

  /** Hadoop alone may make one. */
  private static Throwable fsError(IOException cause) {
    try {
      var constructor = FSError.class.getDeclaredConstructor(Throwable.class);
      constructor.setAccessible(true);
      return constructor.newInstance(cause);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @Command(name = "fail")
  static final class Failing extends AbstractCommand {
    private final Throwable failure;

    @Option(names = "--run")
    @SuppressWarnings("UnusedVariable") // picocli reads the annotation
    private String run;

    Failing(Throwable failure) {
      this.failure = failure;
    }

    @Override
    Work prepare(CogazeConfig config, ConfigBinder binder) {
      return () -> {
        if (failure instanceof Error error) {
          throw error;
        }
        throw (Exception) failure;
      };
    }
  }
}
