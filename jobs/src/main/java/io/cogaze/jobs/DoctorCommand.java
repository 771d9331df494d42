package io.cogaze.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.RunException;
import io.cogaze.jobs.doctor.BuildProfile;
import io.cogaze.jobs.doctor.Check;
import io.cogaze.jobs.doctor.ComputeCapability;
import io.cogaze.jobs.doctor.DeviceCode;
import io.cogaze.jobs.doctor.Diagnosis;
import io.cogaze.jobs.doctor.Doctor;
import io.cogaze.jobs.doctor.GpuReport;
import io.cogaze.jobs.doctor.Machine;
import io.cogaze.nn.kernel.Backend;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says whether jobs would run here. */
@Command(
    name = "doctor",
    header = "Looks at this machine before a job does: CPU, memory, folders, Spark, GPUs.",
    description = {
      "Reads what the native library carries for graphics processors and compares it with those of",
      "this machine, without starting CUDA. On a cluster run it where the executors run.",
      "Ends with 0, or with 3 when something would not run."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze doctor --json",
    })
final class DoctorCommand extends AbstractCommand {
  private static final int NAME_WIDTH = 16;

  @Option(
      names = "--gpu",
      paramLabel = "CAPABILITY",
      description =
          "Judges a graphics processor of this compute capability, for instance 9.0, instead of"
              + " those of this machine; may be repeated.")
  private List<String> gpus = new ArrayList<>();

  @Option(
      names = "--library",
      paramLabel = "FILE",
      description = "Reads this native library instead of the one of this build.")
  private Path library;

  @Option(
      names = "--folder",
      paramLabel = "FOLDER",
      description = "A further local folder that must be writable; may be repeated.")
  private List<Path> folders = new ArrayList<>();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    return this::examine;
  }

  private void examine() throws Exception {
    Doctor doctor = new Doctor(Machine.here(), Backend.current(), json ? check -> {} : this::print);
    Diagnosis diagnosis =
        doctor.examine(new Doctor.Request(devices(), Optional.ofNullable(library), folders));
    if (json) {
      out()
          .println(
              new ObjectMapper()
                  .writerWithDefaultPrettyPrinter()
                  .writeValueAsString(tree(diagnosis)));
      out().flush();
    }
    if (!diagnosis.wrong().isEmpty()) {
      throw new RunException(
          "Jobs would not run here: "
              + diagnosis.wrong().stream()
                  .map(check -> check.name() + " (" + check.value() + ")")
                  .collect(Collectors.joining("; "))
              + ".");
    }
  }

  private List<ComputeCapability> devices() {
    return gpus.stream()
        .map(
            text ->
                ComputeCapability.parse(text)
                    .orElseThrow(
                        () ->
                            new ConfigurationException(
                                "Cannot understand --gpu '"
                                    + text
                                    + "': a compute capability like 8.6 or 9.0 is expected.")))
        .toList();
  }

  private void print(Check check) {
    String indent = " ".repeat(6);
    out()
        .println(
            String.format(
                Locale.ROOT,
                "%-6s%-" + NAME_WIDTH + "s %s",
                check.status().label(),
                check.name(),
                check.value()));
    if (!check.advice().isEmpty()) {
      out().println(indent + " ".repeat(NAME_WIDTH) + " -> " + check.advice());
    }
    out().flush();
  }

  private static ObjectNode tree(Diagnosis diagnosis) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode tree = mapper.createObjectNode();
    tree.put("ok", diagnosis.wrong().isEmpty());
    tree.put("backend", Backend.current().name().toLowerCase(Locale.ROOT));
    ArrayNode checks = tree.putArray("checks");
    for (Check check : diagnosis.checks()) {
      checks
          .addObject()
          .put("name", check.name())
          .put("status", check.status().label())
          .put("value", check.value())
          .put("advice", check.advice());
    }
    diagnosis
        .code()
        .ifPresent(
            code -> {
              ObjectNode carried = tree.putObject("gpu_code");
              carried.put("fat_binaries", code.fatBinaries());
              names(carried.putArray("machine_code"), code, DeviceCode.Kind.MACHINE_CODE);
              names(carried.putArray("ptx"), code, DeviceCode.Kind.PTX);
            });
    ArrayNode found = tree.putArray("gpus");
    for (GpuReport report : diagnosis.gpus()) {
      ObjectNode gpu = found.addObject();
      gpu.put("name", report.gpu().name());
      gpu.put("driver", report.gpu().driver());
      gpu.put(
          "compute_capability",
          report.gpu().capability().map(ComputeCapability::toString).orElse(null));
      report.gpu().memoryMib().ifPresent(mib -> gpu.put("memory_mib", mib));
      gpu.put("runs", report.fit().map(fit -> fit.name().toLowerCase(Locale.ROOT)).orElse(null));
      gpu.put("profile", report.profile().map(BuildProfile::id).orElse(null));
    }
    return tree;
  }

  private static void names(ArrayNode array, DeviceCode code, DeviceCode.Kind kind) {
    code.targets(kind).forEach(target -> array.add(target.toString()));
  }
}
