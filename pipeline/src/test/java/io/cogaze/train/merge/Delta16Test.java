package io.cogaze.train.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class Delta16Test {
  private static LongStream seeds() {
    return LongStream.range(0, 20);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aValueIsOffByLessThanTheBlocksLargestDividedBy32767(long seed) {
    Random random = new Random(seed);
    int length = 1 + random.nextInt(2000);
    float[] start = new float[length];
    float[] reached = new float[length];
    for (int i = 0; i < length; i++) {
      start[i] = (float) random.nextGaussian();
      int block = i / Delta16.BLOCK;
      double size = Math.pow(10, block - 8.0);
      reached[i] = (float) (start[i] + size * random.nextGaussian());
    }

    float[] found = through(start, reached, seed);

    for (int block = 0; block < length; block += Delta16.BLOCK) {
      int end = Math.min(length, block + Delta16.BLOCK);
      double largest = 0;
      for (int i = block; i < end; i++) {
        largest = Math.max(largest, Math.abs((double) reached[i] - start[i]));
      }
      for (int i = block; i < end; i++) {
        double exact = (double) reached[i] - start[i];
        assertThat(Math.abs(found[i] - exact)).isLessThanOrEqualTo(largest / 32767 * (1 + 1e-6));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theMeanOverManyKeysIsTheValueItself(long seed) {
    Random random = new Random(seed);
    float[] start = new float[64];
    float[] reached = new float[64];
    for (int i = 0; i < reached.length; i++) {
      reached[i] = (float) random.nextGaussian();
    }
    reached[0] = 8;
    int draws = 4000;
    double[] mean = new double[reached.length];
    boolean rounded = false;
    for (int draw = 0; draw < draws; draw++) {
      float[] found = through(start, reached, random.nextLong());
      for (int i = 0; i < mean.length; i++) {
        mean[i] += found[i] / (double) draws;
        rounded |= found[i] != reached[i];
      }
    }
    double step = 8.0 / 32767;

    assertThat(rounded).isTrue();
    for (int i = 0; i < mean.length; i++) {
      // The error of a draw has a standard deviation of at most half a step; five of the mean's.
      assertThat(mean[i]).isCloseTo(reached[i], within(5 * 0.5 * step / Math.sqrt(draws) + 1e-6));
    }
  }

  @Test
  void theSameKeyGivesTheSameBytesAndAnotherKeyOthers() {
    float[] start = new float[500];
    float[] reached = new float[500];
    for (int i = 0; i < 500; i++) {
      reached[i] = (float) Math.sin(i);
    }

    assertThat(bytes(start, reached, 0, 500, 3)).isEqualTo(bytes(start, reached, 0, 500, 3));
    assertThat(bytes(start, reached, 0, 500, 3)).isNotEqualTo(bytes(start, reached, 0, 500, 4));
  }

  @Test
  void cutsBetweenBlocksChangeNothing() {
    float[] start = new float[700];
    float[] reached = new float[700];
    for (int i = 0; i < 700; i++) {
      reached[i] = (float) Math.cos(i);
    }
    byte[] whole = bytes(start, reached, 0, 700, 3);
    ByteBuffer parts = ByteBuffer.allocate(whole.length);
    parts.put(bytes(start, reached, 0, 256, 3));
    parts.put(bytes(start, reached, 256, 700, 3));

    assertThat(parts.array()).isEqualTo(whole);
    assertThat(whole).as("two bytes a value and three scales").hasSize(2 * 700 + 3 * 4);
  }

  @Test
  void nothingMovedAndTheSmallestMoveComeThrough() {
    float[] start = {1, 2, 3};
    assertThat(through(start, start.clone(), 1)).containsExactly(0, 0, 0);
    float[] tiny = through(new float[2], new float[] {Float.MIN_VALUE, 0}, 1);
    assertThat(tiny[0]).isBetween(0f, Float.MIN_VALUE);
    assertThat(tiny[1]).isZero();
    float huge = through(new float[1], new float[] {1e38f}, 1)[0];
    assertThat(huge).isCloseTo(1e38f, within(1e38f / 32766));
  }

  private static byte[] bytes(float[] start, float[] reached, int from, int to, long key) {
    ByteBuffer out = ByteBuffer.allocate((int) Delta16.bytes(to - from));
    Delta16.write(start, reached, from, to, key, out);
    assertThat(out.hasRemaining()).isFalse();
    return out.array();
  }

  private static float[] through(float[] start, float[] reached, long key) {
    return Delta16.read(ByteBuffer.wrap(bytes(start, reached, 0, start.length, key)), start.length);
  }
}
