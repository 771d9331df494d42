package io.cogaze.jobs.bench;

import io.cogaze.error.ConfigurationException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A step whose peak memory is measured.
 *
 * @param threads native threads
 * @param frozen parts that do not learn; none in inference, where nothing does
 */
public record MemoryCase(BenchCase subject, Phase phase, int threads, List<String> frozen) {
  /** What the estimate is fitted to: sizes, batches, threads and frozen parts of every network. */
  public static final List<String> FITTED =
      List.of(
          "cooperative:320x256:2:train:2",
          "cooperative:320x256:2:inference:2",
          "cooperative:192x160:4:train:1",
          "cooperative:320x256:2:train:2:densenet",
          "cooperative:640x512:1:inference:1",
          "densenet121:224x224:8:train:2",
          "densenet121:448x448:2:train:1",
          "densenet201:224x224:8:train:2",
          "densenet201:224x224:16:inference:2",
          "densenet201:320x256:2:train:1",
          "mt-unet:320x256:2:train:2",
          "mt-unet:320x256:8:inference:1",
          "mt-unet:160x128:6:train:1",
          "cooperative:256x256:3:train:1",
          "cooperative:320x256:4:inference:2",
          "cooperative:256x192:2:train:2:densenet",
          "densenet121:320x320:6:train:2",
          "densenet201:256x256:4:train:2",
          "densenet201:448x448:2:inference:1",
          "mt-unet:256x256:2:train:1",
          "mt-unet:320x320:3:inference:2",
          "cooperative:224x224:2:train:2",
          "cooperative:256x320:1:train:1:densenet,encoder",
          "cooperative:384x320:2:inference:1",
          "densenet121:288x224:4:train:1",
          "densenet121:512x512:1:inference:2",
          "densenet201:224x224:6:train:2",
          "mt-unet:224x192:4:train:2",
          "mt-unet:256x320:4:inference:1",
          "cooperative:320x192:3:train:2",
          "cooperative:288x256:2:train:1:densenet",
          "cooperative:224x256:6:inference:1",
          "densenet121:256x192:6:train:2",
          "densenet121:384x320:2:inference:1",
          "densenet201:256x192:5:train:1",
          "mt-unet:256x192:3:train:2",
          "mt-unet:384x320:2:inference:2",
          "cooperative:256x224:3:train:2",
          "cooperative:224x320:2:train:2:densenet",
          "cooperative:192x256:4:inference:2",
          "densenet121:192x256:8:train:1",
          "densenet121:256x320:4:inference:2",
          "densenet201:288x256:3:train:2",
          "mt-unet:224x320:2:train:1",
          "mt-unet:288x256:3:inference:1",
          "cooperative:288x224:3:train:2",
          "cooperative:256x256:2:train:1:densenet,encoder",
          "cooperative:288x320:3:inference:1",
          "densenet121:320x256:5:train:2",
          "densenet201:320x320:3:train:1",
          "densenet201:288x256:6:inference:2",
          "mt-unet:288x224:2:train:2",
          "mt-unet:224x256:5:inference:2");

  /**
   * What the estimate is tested on: none of it was used to fit, or seen when the way of fitting was
   * chosen.
   */
  public static final List<String> HELD_OUT =
      List.of(
          "cooperative:320x224:2:train:1",
          "cooperative:288x288:2:train:2:densenet,encoder",
          "cooperative:256x320:3:inference:2",
          "densenet121:256x288:7:train:1",
          "densenet201:192x256:7:train:2",
          "densenet201:320x256:5:inference:1",
          "mt-unet:256x224:3:train:1",
          "mt-unet:320x224:4:inference:2");

  private static final Pattern FORM =
      Pattern.compile("([^:]+:[^:]+:[^:]+):(train|inference):([1-9][0-9]{0,2})(?::([a-z0-9,-]+))?");

  public MemoryCase {
    frozen = List.copyOf(frozen);
  }

  /**
   * Reads {@code NETWORK:HxW:BATCH:PHASE:THREADS[:PART,PART]}; the parts are frozen.
   *
   * <p>Errors: {@link ConfigurationException} for another form or more threads than this machine
   * can be measured with, and those of {@link BenchCase#parse}.
   */
  public static MemoryCase parse(String text) {
    Matcher fields = FORM.matcher(text.strip());
    if (!fields.matches()) {
      throw new ConfigurationException(
          "Cannot read the case '"
              + text
              + "': expected NETWORK:HEIGHTxWIDTH:BATCH:PHASE:THREADS[:FROZEN,FROZEN], for example "
              + FITTED.get(3)
              + ".");
    }
    int threads = Integer.parseInt(fields.group(3));
    BenchThreads.require("The case '" + text + "'", threads);
    return new MemoryCase(
        BenchCase.parse(fields.group(1)),
        Phase.ofLabel(fields.group(2)),
        threads,
        fields.group(4) == null ? List.of() : List.of(fields.group(4).split(",")));
  }

  /** The same case with the network's {@link NetworkSize#tiny} copy. */
  public MemoryCase tiny() {
    return new MemoryCase(subject.tiny(), phase, threads, frozen);
  }

  @Override
  public String toString() {
    return subject
        + ":"
        + phase.label()
        + ":"
        + threads
        + (frozen.isEmpty() ? "" : ":" + String.join(",", frozen));
  }
}
