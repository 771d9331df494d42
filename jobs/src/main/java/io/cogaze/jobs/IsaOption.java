package io.cogaze.jobs;

import io.cogaze.jobs.bench.InstructionSet;
import picocli.CommandLine.Option;

/** What a benchmark's processes may use of the processor. */
final class IsaOption {
  @Option(
      names = "--isa",
      paramLabel = "ISA",
      defaultValue = "native",
      description =
          "Instructions that every side may use: native (all that the processor has) or avx2, which"
              + " shows on a processor with AVX-512 what one without it does (default:"
              + " ${DEFAULT-VALUE}).")
  private String name;

  /** Errors: as {@link InstructionSet#named}. */
  InstructionSet chosen() {
    return InstructionSet.named(name);
  }
}
