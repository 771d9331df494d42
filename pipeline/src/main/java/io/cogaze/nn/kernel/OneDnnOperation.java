package io.cogaze.nn.kernel;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;

/**
 * A primitive of oneDNN with its arguments. The arguments' memories are made once; a run only says
 * where they lie. Confined to the thread that made it.
 */
final class OneDnnOperation {
  private final primitive code;
  private final List<Object> kept = new ArrayList<>();
  private final IntMemoryMap arguments = new IntMemoryMap();
  private final Map<Integer, memory> memories = new LinkedHashMap<>();
  private final Map<Integer, memory.desc> descriptors = new LinkedHashMap<>();
  private final Map<Integer, NativeFloats> own = new LinkedHashMap<>();
  private final Map<Integer, Object> owners = new LinkedHashMap<>();
  private final Handle handle = new Handle();
  private final engine cpu;

  /**
   * @param kept what must live as long as the primitive
   */
  OneDnnOperation(engine cpu, primitive code, Object... kept) {
    this.cpu = cpu;
    this.code = code;
    this.kept.addAll(List.of(kept));
  }

  /** Declares an argument whose place is given before each run. */
  OneDnnOperation argument(int index, memory.desc descriptor) {
    memory made = new memory(descriptor, cpu, null);
    memories.put(index, made);
    descriptors.put(index, descriptor);
    arguments.put(index, made);
    return this;
  }

  /** Declares an argument that lies in memory of the operation's own. */
  OneDnnOperation ownArgument(int index, memory.desc descriptor) {
    argument(index, descriptor);
    NativeFloats floats = new NativeFloats(Math.max(1, descriptor.get_size() / Float.BYTES));
    own.put(index, floats);
    return place(index, AlignedAddress.of(floats));
  }

  /** Memory of the operation's own. */
  NativeFloats own(int index) {
    return own.get(index);
  }

  /** The descriptor of an argument. */
  memory.desc descriptor(int index) {
    return descriptors.get(index);
  }

  /** Says where an argument lies. */
  OneDnnOperation place(int index, AlignedAddress address) {
    owners.put(index, address.owner());
    memories.get(index).set_data_handle(handle.at(address.value()));
    return this;
  }

  /** Says where an argument lies that may be anywhere: only copies between layouts take it. */
  OneDnnOperation placeAnywhere(int index, Pointer address, Object owner) {
    return placeAnywhere(index, address.address(), owner);
  }

  /** The same for an address. */
  OneDnnOperation placeAnywhere(int index, long address, Object owner) {
    owners.put(index, owner);
    memories.get(index).set_data_handle(handle.at(address));
    return this;
  }

  /** Runs, and returns when everything is written. */
  void run(stream queue) {
    try {
      code.execute(queue, arguments);
      queue._wait();
    } finally {
      Reference.reachabilityFence(owners);
      owners.keySet().removeIf(index -> !own.containsKey(index));
    }
  }

  /** A pointer without an owner, at any address, position 0. */
  private static final class Handle extends Pointer {
    Handle() {
      super((Pointer) null);
    }

    Handle at(long target) {
      address = target;
      return this;
    }
  }
}
