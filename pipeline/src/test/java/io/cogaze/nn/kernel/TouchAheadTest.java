package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;

class TouchAheadTest {
  private static final int MEBI = 1 << 20;
  private static final int PAGE = 4096;
  private static final int ROUNDS = 300;

  @BeforeAll
  static void prepare() {
    NativeLibrary.threads(1);
  }

  /** Resident bytes of the piece of this process's address space that an address lies in. */
  private static long residentBytes(long address) throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
    boolean isHere = false;
    for (String line : lines) {
      String[] words = line.split("\\s+", 3);
      if (words[0].matches("[0-9a-f]+-[0-9a-f]+")) {
        String[] bounds = words[0].split("-", 2);
        isHere =
            Long.compareUnsigned(Long.parseUnsignedLong(bounds[0], 16), address) <= 0
                && Long.compareUnsigned(Long.parseUnsignedLong(bounds[1], 16), address) > 0;
      } else if (isHere && words[0].equals("Rss:")) {
        return Long.parseLong(words[1]) * 1024;
      }
    }
    throw new IllegalStateException("No piece has the address " + address);
  }

  @Test
  void theSystemHandsOutThePagesThatAreAskedForAndNoMore() throws IOException {
    NativeOps ops = NativeOpsHolder.getInstance().getDeviceNativeOps();
    Pointer memory = ops.mallocHost(64L * MEBI, 0);
    try {
      DataBuffer buffer = Nd4j.createBuffer(new FloatPointer(memory), 16L * MEBI, DataType.FLOAT);
      long before = residentBytes(memory.address() + MEBI);

      new TouchAhead(buffer, 32L * MEBI).run();

      assertThat(residentBytes(memory.address() + MEBI) - before).isBetween(31L * MEBI, 35L * MEBI);
    } finally {
      ops.freeHost(memory);
    }
  }

  @Test
  void whatOthersWriteMeanwhileStays() throws InterruptedException {
    int bytes = 8 * MEBI;
    NativeOps ops = NativeOpsHolder.getInstance().getDeviceNativeOps();
    Pointer memory = ops.mallocHost(bytes, 0);
    try {
      ByteBuffer words = new BytePointer(memory).capacity(bytes).asByteBuffer();
      words.order(ByteOrder.nativeOrder());
      VarHandle ints = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
      for (int at = 0; at < bytes; at += Integer.BYTES) {
        words.putInt(at, at);
      }
      Thread writer =
          new Thread(
              () -> {
                for (int round = 1; round <= ROUNDS; round++) {
                  for (int at = 0; at < bytes; at += PAGE) {
                    ints.getAndAdd(words, at, 1);
                  }
                }
              });
      DataBuffer buffer =
          Nd4j.createBuffer(new FloatPointer(memory), bytes / Float.BYTES, DataType.FLOAT);
      writer.start();
      while (writer.isAlive()) {
        new TouchAhead(buffer, bytes).run();
      }
      writer.join();

      for (int at = 0; at < bytes; at += Integer.BYTES) {
        assertThat(words.getInt(at)).isEqualTo(at % PAGE == 0 ? at + ROUNDS : at);
      }
    } finally {
      ops.freeHost(memory);
    }
  }

  @Test
  void afterAStopNothingIsTouched() throws IOException {
    NativeOps ops = NativeOpsHolder.getInstance().getDeviceNativeOps();
    Pointer memory = ops.mallocHost(64L * MEBI, 0);
    try {
      DataBuffer buffer = Nd4j.createBuffer(new FloatPointer(memory), 16L * MEBI, DataType.FLOAT);
      long before = residentBytes(memory.address() + MEBI);
      TouchAhead ahead = new TouchAhead(buffer, 64L * MEBI);
      ahead.stop();
      ahead.run();

      assertThat(residentBytes(memory.address() + MEBI)).isLessThan(before + MEBI);
    } finally {
      ops.freeHost(memory);
    }
  }
}
