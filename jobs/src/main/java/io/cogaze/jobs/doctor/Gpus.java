package io.cogaze.jobs.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Finds NVIDIA's graphics processors without loading a library of the driver: by {@code
 * nvidia-smi}, else by the driver's files under {@code /proc}, else on the PCI bus.
 */
final class Gpus {
  private static final String TOOL = "nvidia-smi";
  private static final String FORMAT = "--format=csv,noheader,nounits";
  private static final int PATIENCE_SECONDS = 30;
  private static final String NVIDIA = "0x10de";
  private static final String DISPLAY_CONTROLLERS = "0x03";

  /** Generations by model, for drivers that do not tell; the first that occurs in a name counts. */
  private static final Map<Pattern, ComputeCapability> MODELS = models();

  private final Machine machine;

  Gpus(Machine machine) {
    this.machine = machine;
  }

  List<Gpu> find() throws InterruptedException {
    Optional<Path> tool = tool();
    if (tool.isPresent()) {
      List<Gpu> gpus = ask(tool.get(), "name,driver_version,memory.total,compute_cap");
      // Drivers before 510 do not know the last field.
      return gpus.isEmpty() ? ask(tool.get(), "name,driver_version,memory.total") : gpus;
    }
    List<Gpu> gpus = ofDriver();
    return gpus.isEmpty() ? onBus() : gpus;
  }

  private Optional<Path> tool() {
    return Pattern.compile(":")
        .splitAsStream(machine.environment().getOrDefault("PATH", ""))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, TOOL))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static List<Gpu> ask(Path tool, String fields) throws InterruptedException {
    List<Gpu> gpus = new ArrayList<>();
    for (String line : run(List.of(tool.toString(), "--query-gpu=" + fields, FORMAT))) {
      String[] parts = line.split(",", -1);
      if (parts.length < 3) {
        continue;
      }
      String memory = parts[2].strip();
      gpus.add(
          new Gpu(
              parts[0].strip(),
              parts[1].strip(),
              parts.length > 3 ? ComputeCapability.parse(parts[3]) : ofModel(parts[0]),
              memory.matches("\\d{1,9}")
                  ? OptionalLong.of(Long.parseLong(memory))
                  : OptionalLong.empty(),
              TOOL));
    }
    return gpus;
  }

  /** What a program prints, line by line; nothing when it fails or does not end. */
  static List<String> run(List<String> command) throws InterruptedException {
    try {
      Path output = Files.createTempFile("cogaze-doctor", ".txt");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
          return List.of();
        }
        return process.exitValue() == 0
            ? new String(Files.readAllBytes(output), StandardCharsets.UTF_8).lines().toList()
            : List.of();
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      return List.of();
    }
  }

  private List<Gpu> ofDriver() {
    String version =
        machine
            .text("proc/driver/nvidia/version")
            .flatMap(
                text ->
                    Pattern.compile("\\b\\d{3,4}\\.\\d+(\\.\\d+)?\\b")
                        .matcher(text)
                        .results()
                        .map(java.util.regex.MatchResult::group)
                        .findFirst())
            .orElse("");
    List<Gpu> gpus = new ArrayList<>();
    for (Path device : machine.list("proc/driver/nvidia/gpus")) {
      String file = "proc/driver/nvidia/gpus/" + device.getFileName() + "/information";
      String model = machine.value(file, "Model").orElse("unknown model");
      gpus.add(
          new Gpu(model, version, ofModel(model), OptionalLong.empty(), "/proc/driver/nvidia"));
    }
    return gpus;
  }

  private List<Gpu> onBus() {
    List<Gpu> gpus = new ArrayList<>();
    for (Path device : machine.list("sys/bus/pci/devices")) {
      String folder = "sys/bus/pci/devices/" + device.getFileName();
      if (machine.text(folder + "/vendor").orElse("").strip().equals(NVIDIA)
          && machine.text(folder + "/class").orElse("").startsWith(DISPLAY_CONTROLLERS)) {
        gpus.add(
            new Gpu(
                "NVIDIA device " + machine.text(folder + "/device").orElse("").strip(),
                "",
                Optional.empty(),
                OptionalLong.empty(),
                "PCI bus"));
      }
    }
    return gpus;
  }

  /** The generation that a model's name stands for. */
  static Optional<ComputeCapability> ofModel(String model) {
    String upper = model.toUpperCase(Locale.ROOT);
    return MODELS.entrySet().stream()
        .filter(entry -> entry.getKey().matcher(upper).find())
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static Map<Pattern, ComputeCapability> models() {
    Map<String, ComputeCapability> names = new LinkedHashMap<>();
    names.put("RTX PRO|RTX 50\\d\\d", new ComputeCapability(12, 0));
    names.put("B200|GB200|B100", new ComputeCapability(10, 0));
    names.put("H100|H200|H800|H20|GH200", new ComputeCapability(9, 0));
    names.put("L40S?|L4|L20|RTX 40\\d\\d|RTX \\d000 ADA", new ComputeCapability(8, 9));
    names.put("A10G?|A16|A40|A2|RTX 30\\d\\d|RTX A\\d000", new ComputeCapability(8, 6));
    names.put("A100|A30|A800", new ComputeCapability(8, 0));
    names.put("T4G?|RTX 20\\d\\d|GTX 16\\d\\d|TITAN RTX|QUADRO RTX", new ComputeCapability(7, 5));
    names.put("V100S?|TITAN V|GV100", new ComputeCapability(7, 0));
    names.put("P4|P6|P40|GTX 10\\d\\d|TITAN XP?", new ComputeCapability(6, 1));
    names.put("P100|GP100", new ComputeCapability(6, 0));
    names.put("M4|M6|M40|M60|GTX 9\\d\\d", new ComputeCapability(5, 2));
    names.put("K80", new ComputeCapability(3, 7));
    names.put("K40|K20", new ComputeCapability(3, 5));
    Map<Pattern, ComputeCapability> patterns = new LinkedHashMap<>();
    names.forEach(
        (name, capability) ->
            patterns.put(Pattern.compile("\\b(" + name + ")(?![A-Z0-9])"), capability));
    return patterns;
  }
}
