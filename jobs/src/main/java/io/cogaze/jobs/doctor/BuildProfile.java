package io.cogaze.jobs.doctor;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The ways CoGaze can be built, in the order of preference for a graphics processor, with the code
 * that their published native libraries carry: read from the libraries of ND4J on Maven Central by
 * {@link DeviceCode}.
 */
public enum BuildProfile {
  /** ND4J 1.0.0-M2.1 for CUDA 11.6 with cuDNN. */
  CUDA("cuda"),
  /** ND4J 1.0.0-M1.1 for CUDA 11.2, the newest that carries PTX. */
  CUDA_HOPPER("cuda-hopper"),
  /** The default: no code for graphics processors. */
  CPU("cpu");

  private final String id;

  BuildProfile(String id) {
    this.id = id;
  }

  /** As Maven knows it. */
  public String id() {
    return id;
  }

  /** What its native library carries. */
  DeviceCode code() {
    return switch (this) {
      case CUDA -> carried(List.of(37, 50, 52, 60, 61, 70, 75, 80, 86), List.of());
      case CUDA_HOPPER -> carried(List.of(35, 50, 52, 60, 61, 70, 75, 80, 86), List.of(86));
      case CPU -> new DeviceCode(Map.of());
    };
  }

  private static DeviceCode carried(List<Integer> machineCode, List<Integer> ptx) {
    Set<DeviceCode.Code> codes =
        Stream.concat(
                machineCode.stream().map(number -> code(DeviceCode.Kind.MACHINE_CODE, number)),
                ptx.stream().map(number -> code(DeviceCode.Kind.PTX, number)))
            .collect(Collectors.toSet());
    return new DeviceCode(Map.of(codes, 1));
  }

  private static DeviceCode.Code code(DeviceCode.Kind kind, int number) {
    return new DeviceCode.Code(kind, ComputeCapability.ofNumber(number));
  }

  /** The profile that serves a graphics processor best; nothing when none serves it. */
  static Optional<BuildProfile> fitting(ComputeCapability device) {
    for (DeviceCode.Fit fit : List.of(DeviceCode.Fit.MACHINE_CODE, DeviceCode.Fit.PTX)) {
      Optional<BuildProfile> found =
          Arrays.stream(values()).filter(one -> one.code().fit(device) == fit).findFirst();
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }
}
