package io.cogaze.shard;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** Draws examples for tests: every optional part is sometimes absent. */
public final class ExampleGenerator {
  public static final List<String> CLASSES = List.of("Normal", "CHF", "pneumonia");

  private final SplittableRandom random;

  private ExampleGenerator(long seed) {
    this.random = new SplittableRandom(seed);
  }

  public static ExampleGenerator withSeed(long seed) {
    return new ExampleGenerator(seed);
  }

  public List<Example> draw(int count, int height, int width) {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      examples.add(drawOne("image-%06d".formatted(i), height, width));
    }
    return examples;
  }

  private Example drawOne(String id, int height, int width) {
    short[] pixels = shorts(height * width);
    Optional<SaliencyTarget> gaze =
        random.nextInt(4) == 0
            ? Optional.empty()
            : Optional.of(
                new SaliencyTarget(shorts(height * width), (float) random.nextDouble(1e-8, 1e-6)));
    Map<String, byte[]> masks = new LinkedHashMap<>();
    if (random.nextBoolean()) {
      byte[] bits = new byte[height * ((width + 7) / 8)];
      random.nextBytes(bits);
      masks.put("right_lung", bits);
      masks.put("left_lung", bits.clone());
    }
    Map<String, Float> labels = new LinkedHashMap<>();
    int targetClass = random.nextInt(CLASSES.size());
    for (int i = 0; i < CLASSES.size(); i++) {
      labels.put(CLASSES.get(i), i == targetClass ? 1f : 0f);
    }
    if (random.nextBoolean()) {
      labels.put("edema__chx", -1f);
    }
    List<ShardFixation> fixations = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      fixations.add(
          new ShardFixation(
              (float) random.nextDouble(-5, width + 5),
              (float) random.nextDouble(height),
              (float) random.nextDouble(30_000),
              (float) random.nextDouble(80, 900)));
    }
    return new Example(
        id,
        id,
        "study-" + random.nextInt(1000),
        "patient-" + random.nextInt(1000),
        "egd-cxr",
        random.nextBoolean() ? "" : "reader 1",
        List.of(Split.values()).get(random.nextInt(3)),
        height,
        width,
        pixels,
        gaze,
        masks,
        labels,
        fixations,
        new Geometry(
            random.nextInt(100, 4000),
            random.nextInt(100, 4000),
            random.nextDouble(-500, 500),
            random.nextDouble(-500, 500),
            random.nextDouble(1, 10)));
  }

  private short[] shorts(int length) {
    short[] values = new short[length];
    for (int i = 0; i < length; i++) {
      values[i] = (short) random.nextInt(65536);
    }
    return values;
  }
}
