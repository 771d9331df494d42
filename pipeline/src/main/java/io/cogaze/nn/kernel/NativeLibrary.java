package io.cogaze.nn.kernel;

import io.cogaze.error.ConfigurationException;
import io.cogaze.error.RunException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * Chooses the native library of ND4J by the flags of the CPU. Both oneDNN builds of linux-x86_64
 * lie on the class path, and the loader would take the first one that it finds: code for AVX-512
 * kills the JVM of a machine without it. {@link #prepare()} must run before any class of ND4J is
 * loaded.
 */
public final class NativeLibrary {
  /** The builds that are shipped. */
  public enum Variant {
    /** For CPUs with AVX-512 F, CD, BW, DQ and VL. */
    ONEDNN_AVX512("-onednn-avx512"),
    /** For CPUs with AVX2 and FMA. */
    ONEDNN_AVX2("-onednn-avx2");

    private final String extension;

    Variant(String extension) {
      this.extension = extension;
    }

    /** The classifier's suffix, for instance {@code -onednn-avx2}. */
    public String extension() {
      return extension;
    }
  }

  /**
   * The largest number of threads: OpenMP ends the process when the system has no more of them, and
   * no machine that this was made for has more processors.
   */
  public static final int MOST_THREADS = 1024;

  /**
   * Holds a process to the instructions of {@code avx2} where the CPU has AVX-512, too, so that
   * both ways of computing can be tested and measured on it.
   */
  public static final String ISA_PROPERTY = "cogaze.isa";

  static final String EXTENSION_PROPERTY = "org.bytedeco.javacpp.platform.extension";
  private static final String LOG_PROPERTY = "org.nd4j.log.initialization";
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final Path MAPS = Path.of("/proc/self/maps");
  private static final Set<String> AVX512 =
      Set.of("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl");
  private static final Set<String> AVX2 = Set.of("avx2", "fma", "f16c", "bmi2");

  private static final ThreadLocal<Integer> OF_THREAD = ThreadLocal.withInitial(() -> 0);

  private static boolean prepared;

  private NativeLibrary() {}

  /**
   * Sets what must be set before ND4J loads; later calls do nothing. A choice made by the user (the
   * system property {@value #EXTENSION_PROPERTY}) is kept. On other systems than Linux on x86-64,
   * and in the builds for CUDA, nothing is chosen.
   *
   * <p>Errors: {@link RunException} when the CPU fits no build, or when another build was loaded
   * before this call; {@link ConfigurationException} for another value of {@link #ISA_PROPERTY}, or
   * one that contradicts the choice of the user.
   */
  public static synchronized void prepare() {
    if (prepared) {
      return;
    }
    String isa = isa();
    String extension = System.getProperty(EXTENSION_PROPERTY);
    if (!isa.isEmpty() && Variant.ONEDNN_AVX512.extension().equals(extension)) {
      throw new ConfigurationException(
          "-D"
              + EXTENSION_PROPERTY
              + "="
              + extension
              + " and -D"
              + ISA_PROPERTY
              + "="
              + isa
              + " contradict each other: leave one of them out");
    }
    if (System.getProperty(LOG_PROPERTY) == null) {
      System.setProperty(LOG_PROPERTY, "false");
    }
    if (extension == null && isLinuxX8664() && Backend.current() == Backend.CPU) {
      Variant variant = choose(read(CPUINFO), isa);
      Optional<String> loaded = mapped();
      if (loaded.isPresent() && !loaded.get().contains(variant.extension() + "/")) {
        throw new RunException(
            "ND4J was loaded before its native library could be chosen: "
                + loaded.get()
                + " is mapped, this CPU wants the build"
                + variant.extension()
                + ". Call NativeLibrary.prepare() before the first use of ND4J, or start the JVM"
                + " with -D"
                + EXTENSION_PROPERTY
                + "="
                + variant.extension());
      }
      System.setProperty(EXTENSION_PROPERTY, variant.extension());
    }
    prepared = true;
  }

  /**
   * The build for a CPU, within {@link #ISA_PROPERTY}.
   *
   * @param cpuinfo the text of /proc/cpuinfo; the first processor decides
   */
  public static Variant choose(String cpuinfo) {
    return choose(cpuinfo, isa());
  }

  /** The limit of this process: {@code avx2}, or nothing. */
  private static String isa() {
    String isa = System.getProperty(ISA_PROPERTY, "");
    if (!isa.isEmpty() && !isa.equals("avx2")) {
      throw new ConfigurationException(
          "-D"
              + ISA_PROPERTY
              + " is '"
              + isa
              + "'; expected 'avx2', or nothing for all that the processor can do");
    }
    return isa;
  }

  /**
   * The build for a CPU within a limit.
   *
   * @param isa {@code avx2}, or nothing for all that the CPU can do
   */
  static Variant choose(String cpuinfo, String isa) {
    Set<String> flags = flags(cpuinfo);
    if (!flags.containsAll(AVX2)) {
      throw new RunException(
          "This CPU cannot run CoGaze's native libraries: they need the instruction sets "
              + AVX2.stream().sorted().toList()
              + ", and /proc/cpuinfo "
              + (flags.isEmpty() ? "lists no flags" : "does not list all of them")
              + ". Run on a CPU with AVX2 (Intel since 2013, AMD since 2015), or put a plain"
              + " nd4j-native build on the class path and set -D"
              + EXTENSION_PROPERTY
              + "=");
    }
    return isa.isEmpty() && flags.containsAll(AVX512) ? Variant.ONEDNN_AVX512 : Variant.ONEDNN_AVX2;
  }

  /**
   * The build for this CPU, within {@link #ISA_PROPERTY}; empty on other systems than Linux on
   * x86-64 with AVX2.
   */
  static Optional<Variant> cpu() {
    if (!isLinuxX8664()) {
      return Optional.empty();
    }
    String cpuinfo = read(CPUINFO);
    return flags(cpuinfo).containsAll(AVX2)
        ? Optional.of(choose(cpuinfo, isa()))
        : Optional.empty();
  }

  /**
   * The model of this machine's processor, for provenance; what Java knows where there is no more.
   */
  public static String processor() {
    String model = Files.isReadable(CPUINFO) ? processor(read(CPUINFO)) : "";
    return model.isEmpty() ? System.getProperty("os.arch", "not known") : model;
  }

  static String processor(String cpuinfo) {
    return Stream.of("model name", "cpu family", "model", "stepping")
        .flatMap(name -> field(cpuinfo, name).map(value -> name + " " + value).stream())
        .collect(Collectors.joining(", "));
  }

  private static Optional<String> field(String cpuinfo, String name) {
    return cpuinfo
        .lines()
        .filter(line -> line.matches(name + "\\s*:.*"))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst();
  }

  private static Set<String> flags(String cpuinfo) {
    return field(cpuinfo, "flags")
        .map(text -> (Set<String>) new HashSet<>(Arrays.asList(text.split("\\s+"))))
        .orElse(Set.of());
  }

  /** The path of the native library that this process has mapped, if any. Linux only. */
  public static Optional<String> mapped() {
    if (!Files.isReadable(MAPS)) {
      return Optional.empty();
    }
    return mapped(read(MAPS).lines().toList());
  }

  /**
   * The classifier of the native library that this process has mapped, for instance {@code
   * linux-x86_64-onednn-avx512}: the folder that JavaCPP unpacked it into. Linux only.
   */
  public static Optional<String> mappedClassifier() {
    return mapped()
        .map(
            path -> {
              String folder = path.substring(0, path.lastIndexOf('/'));
              return folder.substring(folder.lastIndexOf('/') + 1);
            });
  }

  static Optional<String> mapped(List<String> maps) {
    return maps.stream()
        .filter(line -> line.endsWith("/libnd4jcpu.so") || line.endsWith("/libnd4jcuda.so"))
        .map(line -> line.substring(line.indexOf('/')))
        .findFirst();
  }

  /**
   * Sets how many threads native operations that the <em>calling thread</em> starts may use. OpenMP
   * keeps this number for each thread, so that every worker thread must call this.
   *
   * <p>Errors: IllegalArgumentException when {@code threads} is below 1 or above {@value
   * #MOST_THREADS}.
   */
  public static void threads(int threads) {
    if (threads < 1 || threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "Native threads must be 1 to "
              + MOST_THREADS
              + ", got "
              + threads
              + "; this machine has "
              + Runtime.getRuntime().availableProcessors()
              + " processors");
    }
    prepare();
    OF_THREAD.set(threads);
    Nd4j.getEnvironment().setMaxThreads(threads);
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    Nd4j.factory().blas().setMaxThreads(threads);
  }

  /**
   * Has native operations that the calling thread starts run on it alone, and leaves what others
   * may use as it is.
   */
  public static void singleThread() {
    prepare();
    OF_THREAD.set(1);
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(1);
  }

  /** What the calling thread was set to; 0 where nothing was. */
  static int threadsOfThisThread() {
    return OF_THREAD.get();
  }

  /**
   * Errors: IllegalArgumentException when a setting asks for more than {@value #MOST_THREADS}
   * native threads.
   *
   * @param key of the setting, for the message
   */
  public static void requireAtMost(String key, int threads) {
    if (threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          key + " must be " + MOST_THREADS + " or less but is " + threads);
    }
  }

  private static boolean isLinuxX8664() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String architecture = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    return os.startsWith("linux")
        && (architecture.equals("amd64") || architecture.equals("x86_64"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new RunException("Could not read " + file + ", which names the CPU's abilities", e);
    }
  }
}
