package io.cogaze.inference;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;

/**
 * The open predictors of a JVM: as many as tasks ran at once, kept between tasks, dropped when
 * another stage comes.
 */
final class PredictorPool {
  private static final PredictorPool OF_THIS_JVM = new PredictorPool();

  private final Deque<Predictor> idle = new ArrayDeque<>();
  private String key = "";

  static PredictorPool ofThisJvm() {
    return OF_THIS_JVM;
  }

  /** Runs work on a predictor of the source. A predictor that failed is closed, not kept. */
  <T> T run(Predictor.Source source, Function<Predictor, T> work) {
    Predictor predictor = borrow(source.key());
    if (predictor == null) {
      predictor = source.open();
    }
    boolean whole = false;
    try {
      T result = work.apply(predictor);
      whole = true;
      return result;
    } finally {
      giveBack(source.key(), predictor, whole);
    }
  }

  private synchronized Predictor borrow(String wanted) {
    if (!wanted.equals(key)) {
      close();
      key = wanted;
    }
    return idle.poll();
  }

  private synchronized void giveBack(String of, Predictor predictor, boolean whole) {
    if (whole && of.equals(key)) {
      idle.push(predictor);
    } else {
      predictor.close();
    }
  }

  /** Closes the idle predictors. */
  synchronized void close() {
    idle.forEach(Predictor::close);
    idle.clear();
    key = "";
  }
}
