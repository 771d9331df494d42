package io.cogaze.run;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A Java process of its own that takes a lock and then does as it is told, a word a line: check,
 * close.
 */
final class LockHolderProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final PrintStream orders;

  private LockHolderProcess(Process process) {
    this.process = process;
    answers = process.inputReader(StandardCharsets.UTF_8);
    orders = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
  }

  /** Starts a process that takes the lock; its first answer is the token or what was wrong. */
  static LockHolderProcess start(Path folder, int staleAfterSeconds) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        List.of(
            System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
            "-Xmx256m",
            "-cp",
            classPath,
            LockHolderProcess.class.getName(),
            folder.toString(),
            Integer.toString(staleAfterSeconds));
    return new LockHolderProcess(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start());
  }

  /** The next answer that is ours; logging goes to the same place. */
  String answer() throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith("> ")) {
        return line.substring(2);
      }
    }
    return "(the process ended)";
  }

  String order(String word) throws IOException {
    orders.println(word);
    return answer();
  }

  long pid() {
    return process.pid();
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
  }

  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }

  public static void main(String[] arguments) throws IOException {
    Path folder = new Path(arguments[0]);
    FileSystem fs = FileSystem.getLocal(new Configuration());
    LockSettings settings = new LockSettings(Integer.parseInt(arguments[1]));
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    RunLock lock = RunLock.acquire(fs, folder, "train --run " + folder, settings);
    System.out.println("> " + lock.token());
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      if (order.equals("close")) {
        lock.close();
        System.out.println("> closed");
      } else {
        System.out.println("> " + check(lock));
      }
    }
  }

  private static String check(RunLock lock) {
    try {
      lock.check();
      return "mine";
    } catch (io.cogaze.error.RunException e) {
      return e.getMessage().lines().findFirst().orElseThrow();
    }
  }
}
