package io.cogaze.shard;

import java.io.Serializable;

/**
 * The way from original image pixels to canvas pixels: canvasX = (x + offsetX) / reduction, canvasY
 * = (y + offsetY) / reduction, with offsets in original pixels (negative where the canvas crops).
 */
public record Geometry(
    int originalWidth, int originalHeight, double offsetX, double offsetY, double reduction)
    implements Serializable {
  private static final long serialVersionUID = 1L;
}
