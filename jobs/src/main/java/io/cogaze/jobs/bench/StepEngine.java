package io.cogaze.jobs.bench;

import io.cogaze.nn.memory.MemoryDemand;

/** A network with a batch, ready to be stepped. */
interface StepEngine {
  /** Learned values, without running statistics. */
  long parameters();

  /** What computes, for people. */
  String description();

  /** What the step asks of memory. */
  MemoryDemand demand();

  /** Does one step and gives its result: the loss, or the sum of the class probabilities. */
  double step();
}
