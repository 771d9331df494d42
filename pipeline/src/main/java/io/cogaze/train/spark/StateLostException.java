package io.cogaze.train.spark;

/** A part of the state that a round starts from, or that it reached, is nowhere any more. */
final class StateLostException extends Exception {
  private static final long serialVersionUID = 1L;

  StateLostException(String message) {
    super(message);
  }
}
