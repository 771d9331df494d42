package io.cogaze.dicom;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the file says about the meaning and display of its values.
 *
 * @param rescaleSlope modality value = slope * stored value + intercept
 * @param windows display windows in modality values, in file order; empty when the file has none
 * @param voiLut the first table of the VOI LUT sequence
 * @param relationshipSign Pixel Intensity Relationship Sign: -1 when larger values mean less X-ray
 *     intensity, 1 when they mean more
 * @param padding stored values that mark pixels outside the picture
 */
public record Display(
    double rescaleSlope,
    double rescaleIntercept,
    List<Window> windows,
    Optional<VoiLut> voiLut,
    OptionalInt relationshipSign,
    Optional<Padding> padding) {

  /** An inclusive range of stored values. */
  public record Padding(int low, int high) {}

  /** Copies the windows. */
  public Display {
    windows = List.copyOf(windows);
  }

  /** Nothing said: slope 1, intercept 0. */
  public static Display plain() {
    return new Display(1, 0, List.of(), Optional.empty(), OptionalInt.empty(), Optional.empty());
  }

  /** The same with one window. */
  public Display withWindow(double center, double width) {
    return new Display(
        rescaleSlope,
        rescaleIntercept,
        List.of(new Window(center, width)),
        voiLut,
        relationshipSign,
        padding);
  }

  /** The same with a relationship sign, 1 or -1. */
  public Display withRelationshipSign(int sign) {
    return new Display(
        rescaleSlope, rescaleIntercept, windows, voiLut, OptionalInt.of(sign), padding);
  }

  /** The first window, else the one that the look-up table comes near to, else empty. */
  public Optional<Window> window() {
    return windows.isEmpty()
        ? voiLut.flatMap(VoiLut::approximateWindow)
        : Optional.of(windows.get(0));
  }

  /**
   * The window of {@link #window} in stored values: before the rescale. Empty if there is none or
   * the slope is 0.
   */
  public Optional<Window> storedWindow() {
    return rescaleSlope == 0
        ? Optional.empty()
        : window()
            .map(
                window ->
                    new Window(
                        (window.center() - rescaleIntercept) / rescaleSlope,
                        window.width() / rescaleSlope));
  }
}
