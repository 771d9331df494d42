package io.cogaze.jobs.doctor;

import java.util.List;
import java.util.Optional;

/**
 * What the doctor found.
 *
 * @param gpus the graphics processors, in the driver's order
 * @param code what the examined native library carries for them; empty for a build without
 */
public record Diagnosis(List<Check> checks, List<GpuReport> gpus, Optional<DeviceCode> code) {
  /** The checks that say that something would not run. */
  public List<Check> wrong() {
    return checks.stream().filter(check -> check.status() == Check.Status.WRONG).toList();
  }
}
