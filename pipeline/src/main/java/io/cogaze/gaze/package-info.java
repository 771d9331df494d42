/**
 * Gaze: from the eye tracker's screen coordinates to image pixels, and from points to heat maps.
 * Plain values: no Spark, no DL4J.
 */
package io.cogaze.gaze;
