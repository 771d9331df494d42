package io.cogaze.jobs;

import io.cogaze.error.CogazeException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** Finds the failure that the user can act on behind the wrappers that Spark puts around it. */
final class Failures {
  private Failures() {}

  /** The first CoGaze exception in the chain of causes, or null when there is none. */
  static CogazeException knownCause(Throwable failure) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Throwable t = failure; t != null && seen.add(t); t = t.getCause()) {
      if (t instanceof CogazeException known) {
        return known;
      }
    }
    return null;
  }
}
