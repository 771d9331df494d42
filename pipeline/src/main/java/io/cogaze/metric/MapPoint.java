package io.cogaze.metric;

/**
 * A point on a map, in pixels: x to the right, y down, (0,0) the top-left corner of the top-left
 * pixel.
 */
public record MapPoint(double x, double y) {}
