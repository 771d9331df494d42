package io.cogaze.jobs.doctor;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A graphics processor of this machine.
 *
 * @param name its model
 * @param driver version of the driver; empty when there is none
 * @param capability its generation; empty when neither the driver nor the model's name tells it
 * @param memoryMib in MiB
 * @param source where this was read
 */
public record Gpu(
    String name,
    String driver,
    Optional<ComputeCapability> capability,
    OptionalLong memoryMib,
    String source) {}
