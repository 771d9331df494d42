package io.cogaze.dicom;

/**
 * A display window in modality values: the grey ramp runs from center - width/2 to center +
 * width/2. A negative width is a falling ramp.
 */
public record Window(double center, double width) {}
