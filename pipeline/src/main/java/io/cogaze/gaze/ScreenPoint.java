package io.cogaze.gaze;

/**
 * A point of gaze as a fraction of the screen: (0,0) the top-left, (1,1) the bottom-right corner;
 * may lie outside.
 */
public record ScreenPoint(double x, double y) {}
