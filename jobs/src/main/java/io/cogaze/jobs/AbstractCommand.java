package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.ConfigSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What all commands share: their configuration is checked before any work begins. */
abstract class AbstractCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ConfigOptions configuration;
  @Mixin private CommonOptions common;

  /** The work of a command whose configuration holds no mistakes. */
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  /** Whether a failure that is explained should show where it was raised all the same. */
  final boolean wantsStackTrace() {
    return common.stackTrace();
  }

  @Override
  public final Integer call() throws Exception {
    try {
      return perform();
    } catch (Error e) {
      // Picocli explains exceptions only, and Hadoop throws an Error when a disk is full.
      throw new ExecutionException(spec.commandLine(), String.valueOf(e), e);
    }
  }

  private int perform() throws Exception {
    if (wantsStackTrace()) {
      TaskFailureLogging.show();
    }
    CogazeConfig config = configuration.load(configSources());
    ConfigBinder binder = config.binder();
    Work work = prepare(config, binder);
    binder.check();
    if (configuration.onlyPrint()) {
      out().println(config.renderExplained());
      out().flush();
      return 0;
    }
    ProgressDisplay display = ProgressDisplay.open(common.progress());
    if (display.draws()) {
      // Picocli keeps the stream that standard output was when it first asked.
      spec.commandLine().setOut(new PrintWriter(System.out, true, Charset.defaultCharset()));
    }
    try {
      work.run();
    } finally {
      display.close();
    }
    return 0;
  }

  /**
   * Binds every block of the configuration that the command reads, and gives the work, which may
   * use what was bound. Does nothing else: the configuration is not checked yet.
   */
  abstract Work prepare(CogazeConfig config, ConfigBinder binder);

  /** What the command puts over the defaults, weakest first; weaker than what the user gives. */
  List<ConfigSource> configSources() throws IOException {
    return List.of();
  }

  /** Where results for the user go. */
  final PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
