package io.cogaze.train.exchange;

/** A block is in none of the places where it should be: its process is gone, or removed it. */
public final class BlockLostException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int index;

  BlockLostException(int index, String message, Throwable cause) {
    super(message, cause);
    this.index = index;
  }

  /** The place in the list of what was wanted. */
  public int index() {
    return index;
  }
}
