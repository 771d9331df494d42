package io.cogaze.jobs.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Finding graphics processors by what the driver's tool or files say, here made up. */
class GpusTest {
  @TempDir private Path root;

  private List<Gpu> find() throws InterruptedException {
    return new Gpus(new Machine(root, Map.of("PATH", root.resolve("bin").toString()))).find();
  }

  private void tool(String body) throws IOException {
    Path tool = root.resolve("bin/nvidia-smi");
    Files.createDirectories(tool.getParent());
    Files.writeString(tool, "#!/bin/sh\n" + body);
    assertThat(tool.toFile().setExecutable(true)).isTrue();
  }

  private void file(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void asksTheDriversTool() throws Exception {
    tool(
        """
        test "$2" = --format=csv,noheader,nounits || exit 9
        echo 'NVIDIA H200, 550.90.07, 143771, 9.0'
        echo 'NVIDIA A10, 550.90.07, [N/A], 8.6'
        """);
    assertThat(find())
        .containsExactly(
            new Gpu(
                "NVIDIA H200",
                "550.90.07",
                Optional.of(new ComputeCapability(9, 0)),
                OptionalLong.of(143771),
                "nvidia-smi"),
            new Gpu(
                "NVIDIA A10",
                "550.90.07",
                Optional.of(new ComputeCapability(8, 6)),
                OptionalLong.empty(),
                "nvidia-smi"));
  }

  @Test
  void anOldDriverThatTellsNoGenerationIsAskedForTheModel() throws Exception {
    tool(
        """
        case $1 in
          *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2 ;;
          *) echo 'Tesla V100-SXM2-16GB, 450.119.03, 16160' ;;
        esac
        """);
    assertThat(find())
        .singleElement()
        .satisfies(
            gpu -> {
              assertThat(gpu.capability()).contains(new ComputeCapability(7, 0));
              assertThat(gpu.driver()).isEqualTo("450.119.03");
            });
  }

  @Test
  void aToolThatFailsMeansNone() throws Exception {
    tool("echo 'NVIDIA-SMI has failed'; exit 9\n");
    assertThat(find()).isEmpty();
  }

  @Test
  void readsTheDriversFilesWithoutTheTool() throws Exception {
    file(
        "proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12\nGCC version: 12.3\n");
    file(
        "proc/driver/nvidia/gpus/0000:3b:00.0/information",
        "Model: \t\t NVIDIA A100-PCIE-40GB\nIRQ:   \t\t 98\n");
    assertThat(find())
        .containsExactly(
            new Gpu(
                "NVIDIA A100-PCIE-40GB",
                "535.183.01",
                Optional.of(new ComputeCapability(8, 0)),
                OptionalLong.empty(),
                "/proc/driver/nvidia"));
  }

  @Test
  void seesADeviceWithoutADriverOnTheBus() throws Exception {
    file("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
    file("sys/bus/pci/devices/0000:01:00.0/class", "0x030200\n");
    file("sys/bus/pci/devices/0000:01:00.0/device", "0x2335\n");
    file("sys/bus/pci/devices/0000:01:00.1/vendor", "0x10de\n");
    file("sys/bus/pci/devices/0000:01:00.1/class", "0x040300\n");
    file("sys/bus/pci/devices/0000:02:00.0/vendor", "0x8086\n");
    file("sys/bus/pci/devices/0000:02:00.0/class", "0x030000\n");
    assertThat(find())
        .singleElement()
        .satisfies(
            gpu -> {
              assertThat(gpu.name()).isEqualTo("NVIDIA device 0x2335");
              assertThat(gpu.driver()).isEmpty();
              assertThat(gpu.capability()).isEmpty();
            });
  }

  @Test
  void findsNoneOnAMachineWithout() throws Exception {
    assertThat(find()).isEmpty();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "NVIDIA H100 80GB HBM3, 9.0",
    "NVIDIA H200, 9.0",
    "NVIDIA GH200 480GB, 9.0",
    "NVIDIA L40S, 8.9",
    "NVIDIA L4, 8.9",
    "NVIDIA GeForce RTX 4090, 8.9",
    "NVIDIA A10G, 8.6",
    "NVIDIA RTX A6000, 8.6",
    "A100-SXM4-80GB, 8.0",
    "Tesla T4, 7.5",
    "Tesla P100-PCIE-16GB, 6.0",
    "Tesla P40, 6.1",
    "Tesla K80, 3.7"
  })
  void modelsTellTheirGeneration(String model, String expected) {
    assertThat(Gpus.ofModel(model)).isEqualTo(ComputeCapability.parse(expected));
  }

  @Test
  void anUnknownModelTellsNothing() {
    assertThat(Gpus.ofModel("NVIDIA Z9000")).isEmpty();
    assertThat(Gpus.ofModel("")).isEmpty();
  }
}
