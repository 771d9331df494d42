package io.cogaze.nn.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nd4j.linalg.api.buffer.DataBuffer;

/**
 * Makes the system hand out the pages of memory before it is used, on a thread of its own: what
 * waits for them would else be the first step. The memory may be used at any time meanwhile, since
 * what lies in it stays as it is.
 */
final class TouchAhead implements Runnable {
  /** Not more than a page of any system that this runs on. */
  private static final int PAGE = 4096;

  /** A buffer of Java has at most 2^31 - 1 bytes. */
  private static final long LONGEST_PIECE = 1L << 30;

  private static final VarHandle WORDS =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private final DataBuffer memory;
  private final long bytes;
  private volatile boolean isStopped;

  TouchAhead(DataBuffer memory, long bytes) {
    this.memory = memory;
    this.bytes = bytes;
  }

  /**
   * Begins.
   *
   * @param memory in the host; it is not freed before the thread has ended
   * @param bytes from its start on
   */
  static TouchAhead start(DataBuffer memory, long bytes) {
    TouchAhead ahead = new TouchAhead(memory, bytes);
    Thread thread = new Thread(ahead, "cogaze-touch");
    thread.setDaemon(true);
    thread.start();
    return ahead;
  }

  /** Leaves the rest untouched. */
  void stop() {
    isStopped = true;
  }

  @Override
  public void run() {
    try {
      for (long from = 0; from < bytes && !isStopped; from += LONGEST_PIECE) {
        touch(from, (int) Math.min(LONGEST_PIECE, bytes - from));
      }
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  /** Adds nothing to a word of each page, in one go that no other write can come between. */
  private void touch(long from, int length) {
    ByteBuffer piece = NativeMemory.bytes(memory.addressPointer(), from, length);
    for (int at = 0; at <= length - Integer.BYTES && !isStopped; at += PAGE) {
      WORDS.getAndAdd(piece, at, 0);
    }
  }
}
