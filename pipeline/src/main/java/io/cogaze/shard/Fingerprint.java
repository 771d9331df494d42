package io.cogaze.shard;

import java.io.Serializable;

/**
 * What one example looks like in numbers; tells apart shard sets made from other data, and finds
 * images that occur twice.
 *
 * @param pixelsSha256 of the 16-bit pixels, little endian
 * @param gazeSha256 of the quantised gaze map, little endian, and its scale; empty without a map
 * @param meanIntensity mean of the canvas, 0..1
 * @param deviationIntensity population standard deviation of the canvas, 0..1
 * @param gazePoints samples (or fixations) on the image
 * @param offImagePoints samples (or fixations) off the image, left out of the map
 * @param croppedGazeShare share of the points on the image that the canvas cuts off, 0..1
 */
public record Fingerprint(
    String exampleId,
    Split split,
    String pixelsSha256,
    String gazeSha256,
    int originalWidth,
    int originalHeight,
    double meanIntensity,
    double deviationIntensity,
    long gazePoints,
    long offImagePoints,
    double croppedGazeShare)
    implements Serializable {
  private static final long serialVersionUID = 1L;
}
