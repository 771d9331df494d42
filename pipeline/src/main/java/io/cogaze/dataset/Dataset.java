package io.cogaze.dataset;

import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * A public data set in its original layout. Implementations find the files and know their columns;
 * they decode no pixels.
 */
public interface Dataset {
  /** The name on the command line, for instance egd-cxr. */
  String name();

  /** Labels that are the diagnosis, in the order of the network's outputs. */
  List<String> targetClasses();

  /**
   * Reads the table of studies on the driver.
   *
   * @throws io.cogaze.error.InputException if a table is missing, empty or lacks a column
   */
  Studies studies();

  /**
   * The table of raw gaze samples.
   *
   * @throws io.cogaze.error.InputException if it is missing, empty or lacks a column
   */
  GazeTable rawGaze();

  /** The table of fixations, or empty when the data set has none. */
  Optional<GazeTable> fixations();

  /**
   * Pattern of the ids of calibration stimuli in the gaze tables; their rows are left out and
   * counted, without a warning.
   */
  String calibrationIds();

  /** Folders that are read: of the tables, of the images. */
  List<Path> folders();

  /**
   * Hash over what is read, without reading the gaze and the images whole: their sizes and times of
   * last change stand for their content.
   */
  String inputHash();
}
