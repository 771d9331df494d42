package io.cogaze.dataset;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Watches the quotes of a CSV file while it is read: a parser takes a quote that is never closed
 * for one cell up to the end of the file, and a cut-off table would pass as a short one.
 */
final class QuoteGuard extends FilterInputStream {
  private enum State {
    CELL_START,
    PLAIN,
    QUOTED,
    QUOTE_IN_QUOTED
  }

  private State state = State.CELL_START;
  private long line = 1;
  private long openedOnLine;

  QuoteGuard(InputStream in) {
    super(in);
  }

  /** Whether what was read so far ends inside of a quoted cell. */
  boolean endsInQuotes() {
    return state == State.QUOTED;
  }

  /** The line, from 1, on which the newest quoted cell opens. */
  long openedOnLine() {
    return openedOnLine;
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    if (value >= 0) {
      see(value);
    }
    return value;
  }

  @Override
  public int read(byte[] bytes, int from, int count) throws IOException {
    int read = super.read(bytes, from, count);
    for (int i = 0; i < read; i++) {
      see(bytes[from + i]);
    }
    return read;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  /** All marks of CSV are ASCII, which UTF-8 uses for nothing else. */
  private void see(int value) {
    if (value == '\n') {
      line++;
    }
    if (state == State.QUOTED) {
      state = value == '"' ? State.QUOTE_IN_QUOTED : State.QUOTED;
    } else if (value == '"' && state == State.QUOTE_IN_QUOTED) {
      state = State.QUOTED;
    } else if (value == '"' && state == State.CELL_START) {
      state = State.QUOTED;
      openedOnLine = line;
    } else if (value == ',' || value == '\n' || value == '\r') {
      state = State.CELL_START;
    } else if (state != State.CELL_START || (value != ' ' && value != '\t' && value >= 0)) {
      // Blanks, and the bytes of a byte order mark, may stand before a quote.
      state = State.PLAIN;
    }
  }
}
