package io.cogaze.train.event;

import java.io.ByteArrayOutputStream;
import java.util.Map;

/**
 * The content of one of TensorBoard's event files, built in memory: object stores cannot append.
 * Messages are {@code Event} and {@code Summary} of tensorboard/compat/proto; values are scalars.
 * Not thread safe.
 *
 * <p>TensorBoard takes files of a folder whose names have "tfevents" in them, in the order of their
 * names.
 */
public final class EventFile {
  /** What the first event of a file says; TensorBoard goes by the number. */
  private static final String VERSION = "brain.Event:2";

  private static final int EVENT_WALL_TIME = 1;
  private static final int EVENT_STEP = 2;
  private static final int EVENT_FILE_VERSION = 3;
  private static final int EVENT_SUMMARY = 5;
  private static final int EVENT_SESSION_LOG = 7;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE = 2;
  private static final int SESSION_STATUS = 1;
  private static final int SESSION_START = 1;
  private static final double MILLIS = 1e3;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /**
   * A file that holds its version only.
   *
   * @param wallMillis when it was begun, milliseconds since 1970
   */
  public EventFile(long wallMillis) {
    add(event(wallMillis).text(EVENT_FILE_VERSION, VERSION));
  }

  /**
   * Says that training began again with this step. A TensorBoard that has read later steps of an
   * attempt that was given up forgets them.
   */
  public void sessionStart(long wallMillis, long step) {
    add(
        event(wallMillis)
            .integer(EVENT_STEP, step)
            .message(
                EVENT_SESSION_LOG, new ProtobufMessage().integer(SESSION_STATUS, SESSION_START)));
  }

  /** Adds the values of a step, by their tags, in the map's order; none is no event. */
  public void scalars(long wallMillis, long step, Map<String, Double> values) {
    if (values.isEmpty()) {
      return;
    }
    ProtobufMessage summary = new ProtobufMessage();
    values.forEach(
        (tag, value) ->
            summary.message(
                SUMMARY_VALUE,
                new ProtobufMessage()
                    .text(VALUE_TAG, tag)
                    .float32(VALUE_SIMPLE, value.floatValue())));
    add(event(wallMillis).integer(EVENT_STEP, step).message(EVENT_SUMMARY, summary));
  }

  /** The whole file so far. */
  public byte[] bytes() {
    return out.toByteArray();
  }

  /** Whether these are all bytes of a file, unchanged; a cut between two records is not seen. */
  public static boolean isWhole(byte[] file) {
    return file.length > 0 && TfRecord.areWhole(file);
  }

  private static ProtobufMessage event(long wallMillis) {
    return new ProtobufMessage().float64(EVENT_WALL_TIME, wallMillis / MILLIS);
  }

  private void add(ProtobufMessage event) {
    out.writeBytes(TfRecord.frame(event.bytes()));
  }
}
