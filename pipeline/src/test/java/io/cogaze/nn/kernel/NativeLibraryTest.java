package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.cogaze.error.RunException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NativeLibraryTest {
  private static final String AVX2_FLAGS = "fpu sse4_2 fma movbe avx f16c bmi1 avx2 bmi2";
  private static final String AVX512_FLAGS =
      AVX2_FLAGS + " avx512f avx512dq avx512cd avx512bw avx512vl avx512_vnni";

  private static String cpuinfo(String flags) {
    return "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: "
        + flags
        + "\nbugs\t\t:\n\nprocessor\t: 1\nflags\t\t: fpu\n";
  }

  @Test
  void theProcessorsModelIsThatOfTheFirstOne() {
    String one =
        """
        processor\t: 0
        cpu family\t: 6
        model\t\t: 85
        model name\t: A Processor @ 2.00GHz
        stepping\t: 7
        flags\t\t: fpu avx2
        """;

    assertThat(NativeLibrary.processor(one + one.replace("85", "86")))
        .isEqualTo("model name A Processor @ 2.00GHz, cpu family 6, model 85, stepping 7");
    assertThat(NativeLibrary.processor("Features : fp asimd")).isEmpty();
    assertThat(NativeLibrary.processor()).isNotEmpty();
  }

  @Test
  void choosesTheAvx512BuildWhenTheCpuHasAllItNeeds() {
    assertThat(NativeLibrary.choose(cpuinfo(AVX512_FLAGS)))
        .isEqualTo(NativeLibrary.Variant.ONEDNN_AVX512);
  }

  @Test
  void choosesTheAvx2BuildWithoutAvx512OrWithOnlyAPartOfIt() {
    assertThat(NativeLibrary.choose(cpuinfo(AVX2_FLAGS)))
        .isEqualTo(NativeLibrary.Variant.ONEDNN_AVX2);
    assertThat(NativeLibrary.choose(cpuinfo(AVX2_FLAGS + " avx512f avx512cd")))
        .isEqualTo(NativeLibrary.Variant.ONEDNN_AVX2);
  }

  @Test
  void refusesACpuWithoutAvx2AndSaysWhatToDo() {
    assertThatThrownBy(() -> NativeLibrary.choose(cpuinfo("fpu sse4_2 avx")))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("[avx2, bmi2, f16c, fma]")
        .hasMessageContaining("does not list all of them")
        .hasMessageContaining("Run on a CPU with AVX2");
    assertThatThrownBy(() -> NativeLibrary.choose(""))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("lists no flags");
  }

  @Test
  void findsTheMappedLibraryInTheMapOfTheProcess() {
    String path = "/cache/linux-x86_64-onednn-avx2/libnd4jcpu.so";
    assertThat(
            NativeLibrary.mapped(
                List.of(
                    "7f00-7f01 r-xp 0 00:1 1 /lib/libc.so.6", "7f02-7f03 r-xp 0 00:1 2 " + path)))
        .contains(path);
    assertThat(NativeLibrary.mapped(List.of("7f00-7f01 rw-p 0 00:0 0 [heap]"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, 0, 1025, 100_000, Integer.MAX_VALUE})
  void refusesFewerThanOneThreadAndMoreThanTheSystemHas(int threads) {
    assertThatThrownBy(() -> NativeLibrary.threads(threads))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Native threads must be 1 to 1024, got %d; this machine has %d processors"
                .formatted(threads, Runtime.getRuntime().availableProcessors()));
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void theChosenLibraryIsTheOneMappedAndItsConvolutionsRunInOneDnn() throws Exception {
    String expected = NativeLibrary.cpu().orElseThrow().extension();
    String output = runProbe(1, "reference");
    assertThat(output.lines().filter(l -> l.startsWith("mapped ")).findFirst().orElseThrow())
        .endsWith(expected + "/libnd4jcpu.so");
    assertThat(output)
        .containsPattern("dnnl_verbose,exec,cpu,convolution,[^\n]*forward")
        .containsPattern("dnnl_verbose,exec,cpu,convolution,[^\n]*backward_data")
        .containsPattern("dnnl_verbose,exec,cpu,convolution,[^\n]*backward_weights");
  }

  @Test
  @Tag("native")
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void theFastKernelsMachineCodeRuns() throws Exception {
    assumeThat(OneDnn.obstacle()).isEmpty();
    String convolution = OneDnn.hasAvx512() ? "jit_wino_4x3:avx512_core," : "jit:avx2,";
    String norm = OneDnn.hasAvx512() ? "bnorm_jit:avx512_common," : "bnorm_jit:avx2,";
    String output = runProbe(1, "onednn");
    String line = "onednn_verbose,exec,cpu,convolution," + convolution;
    assertThat(output)
        .contains(line + "forward_training", line + "backward_data", line + "backward_weights")
        .contains("batch_normalization," + norm + "forward_training")
        .contains("batch_normalization," + norm + "backward")
        .doesNotContain("dnnl_verbose,exec,cpu,convolution,gemm", ",ref:", ",ref,");
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "onednn"})
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void nativeThreadsAreThoseThatTheCallerSet(String kernel) throws Exception {
    assertThat(share(runProbe(1, kernel))).as("user time of other threads").isLessThan(0.4);
    assertThat(share(runProbe(2, kernel))).as("user time of other threads").isGreaterThan(0.4);
  }

  private static double share(String output) {
    String line = output.lines().filter(l -> l.startsWith("others ")).findFirst().orElseThrow();
    return Double.parseDouble(line.substring("others ".length()));
  }

  /** A JVM of its own: what is loaded here was loaded by whichever test came first. */
  private static String runProbe(int threads, String kernel)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.add("-D" + Kernels.PROPERTY + "=" + kernel);
    command.add(
        "-D"
            + NativeLibrary.ISA_PROPERTY
            + "="
            + System.getProperty(NativeLibrary.ISA_PROPERTY, ""));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Probe.class.getName(), Integer.toString(threads)));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // A thread that waits for one that gets no core must not count its waiting as work.
    Map<String, String> settings =
        Map.of("DNNL_VERBOSE", "1", "OMP_NUM_THREADS", "4", "OMP_WAIT_POLICY", "passive");
    builder.environment().putAll(settings);
    Process process = builder.start();
    try (InputStream in = process.getInputStream()) {
      String output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(output).isZero();
      return output;
    }
  }

  /** Runs convolutions on a thread of its own; prints what was loaded and who worked. */
  static final class Probe {
    private static final int RUNS = 40;

    /** Of the fields after the name, see proc(5); in hundredths of a second. */
    private static final int USER_TIME = 11;

    private static final long NANOS_PER_TICK = 10_000_000;

    private Probe() {}

    public static void main(String[] arguments) throws InterruptedException {
      NativeLibrary.prepare();
      Thread worker = new Thread(() -> work(Integer.parseInt(arguments[0])));
      worker.start();
      worker.join();
    }

    private static void work(int threads) {
      NativeLibrary.threads(threads);
      INDArray x = Nd4j.rand(DataType.FLOAT, 2, 64, 96, 96);
      INDArray w = Nd4j.rand(DataType.FLOAT, 64, 64, 3, 3);
      INDArray scale = Nd4j.rand(DataType.FLOAT, 64);
      Buffers buffers = Buffers.detached();
      INDArray dw = w.dup();
      ConvolutionShape shape = ConvolutionShape.square(3, 1, 1);
      long process = 0;
      long caller = 0;
      for (int run = 0; run < RUNS; run++) {
        if (run == RUNS / 4) {
          process = processUserNanos();
          caller = ManagementFactory.getThreadMXBean().getCurrentThreadUserTime();
        }
        INDArray y = Kernels.get().convolution(shape, x, w, null, buffers);
        Normalised z = Kernels.get().batchNorm(y, scale, scale, 1e-5, true, buffers);
        Kernels.get()
            .batchNormBackward(y, z, scale, 1e-5, true, y.dup(), scale.dup(), scale.dup(), buffers);
        Kernels.get().convolutionBackwardWeights(shape, x, y, dw, null, buffers);
        Kernels.get().convolutionBackwardData(shape, w, y, Form.of(x), buffers);
      }
      process = processUserNanos() - process;
      caller = ManagementFactory.getThreadMXBean().getCurrentThreadUserTime() - caller;
      System.out.println("mapped " + NativeLibrary.mapped().orElse("nothing"));
      System.out.println("others " + (double) (process - caller) / caller);
    }

    /** Time in the system is that of pages touched first, whichever thread comes to do it. */
    private static long processUserNanos() {
      try {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[USER_TIME]) * NANOS_PER_TICK;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
