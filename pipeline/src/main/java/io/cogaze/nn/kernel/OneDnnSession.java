package io.cogaze.nn.kernel;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;

/**
 * What a thread holds of oneDNN: a stream, the operations it has used, by what decides them, and
 * scratch memory. Nothing in it is shared, so that nothing is locked; the machine code itself lies
 * in oneDNN's own cache, which all threads share.
 */
final class OneDnnSession {
  /** One engine for the process: it is the CPU. */
  private static final engine ENGINE = new engine(engine.kind.cpu, 0);

  private static final ThreadLocal<OneDnnSession> OF_THREAD =
      ThreadLocal.withInitial(OneDnnSession::new);

  /** What scratch memory is for; one call may use one of each. */
  enum Scratch {
    /** Weights in the layout of the machine code. */
    WEIGHTS,
    /** Gradients of weights in the layout of the machine code. */
    WEIGHT_GRADIENTS
  }

  private final stream queue = new stream(ENGINE);
  private final Map<Object, OneDnnOperation> operations = new HashMap<>();
  private final Map<Scratch, NativeFloats> scratch = new HashMap<>();

  /** Native threads that the operations were made for: they keep to that number. */
  private int threads;

  private OneDnnSession() {}

  /** The calling thread's. */
  static OneDnnSession get() {
    return OF_THREAD.get();
  }

  static engine engine() {
    return ENGINE;
  }

  /** The operation of a key, made at its first use with the thread's number of native threads. */
  OneDnnOperation operation(Object key, Supplier<OneDnnOperation> make) {
    if (threads != NativeLibrary.threadsOfThisThread()) {
      threads = NativeLibrary.threadsOfThisThread();
      operations.clear();
    }
    OneDnnOperation operation = operations.get(key);
    if (operation == null) {
      operation = make.get();
      operations.put(key, operation);
    }
    return operation;
  }

  /**
   * How many operations the thread has made; each is made once, and kept until the number of native
   * threads changes.
   */
  int made() {
    return operations.size();
  }

  void run(OneDnnOperation operation) {
    operation.run(queue);
  }

  /** Memory that lasts until the next request for the same use. */
  AlignedAddress scratch(Scratch use, memory.desc descriptor) {
    long floats = descriptor.get_size() / Float.BYTES;
    NativeFloats memory = scratch.get(use);
    if (memory == null || memory.capacity() < floats) {
      memory = new NativeFloats(floats);
      scratch.put(use, memory);
    }
    return AlignedAddress.of(memory);
  }
}
