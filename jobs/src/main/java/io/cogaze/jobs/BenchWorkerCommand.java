package io.cogaze.jobs;

import io.cogaze.jobs.bench.Worker;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** One side of {@code bench engine}, as a process of its own; people do not call it. */
@Command(name = "worker", hidden = true, header = "Takes the orders of 'bench engine'.")
final class BenchWorkerCommand implements Callable<Integer> {
  @Override
  public Integer call() throws Exception {
    // What libraries print must not stand between answers.
    PrintStream answers =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    Worker.serve(System.in, answers);
    return 0;
  }
}
