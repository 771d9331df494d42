package io.cogaze.shard;

import java.io.Serializable;

/**
 * One fixation in canvas pixels: x to the right, y down, (0,0) the top-left corner of the top-left
 * pixel; may lie outside the canvas where the canvas crops. Times in milliseconds from the start of
 * the reading.
 */
public record ShardFixation(float x, float y, float startMs, float durationMs)
    implements Serializable {
  private static final long serialVersionUID = 1L;
}
