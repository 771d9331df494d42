package io.cogaze.jobs.doctor;

import java.util.Optional;

/**
 * A graphics processor and what this build does with it.
 *
 * @param fit how the native library's code fits; empty when there is none, or the generation is
 *     unknown
 * @param profile the build profile that serves it best; empty when none does, or the generation is
 *     unknown
 */
public record GpuReport(Gpu gpu, Optional<DeviceCode.Fit> fit, Optional<BuildProfile> profile) {}
