package io.cogaze.jobs.doctor;

import io.cogaze.run.Versions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Java, the operating system, the processor, memory and limits. */
final class SystemChecks {
  private static final int NEWEST_JAVA = 17;
  private static final int FEW_OPEN_FILES = 1024;
  private static final Set<String> RELEVANT_FLAGS =
      Set.of(
          "avx",
          "avx2",
          "fma",
          "f16c",
          "bmi2",
          "avx512f",
          "avx512cd",
          "avx512bw",
          "avx512dq",
          "avx512vl",
          "avx512_vnni",
          "avx512_bf16",
          "amx_tile");
  static final String CPUINFO = "proc/cpuinfo";

  private final Machine machine;

  SystemChecks(Machine machine) {
    this.machine = machine;
  }

  Check cogaze() {
    Versions versions = Versions.current();
    return Check.ok(
        "cogaze",
        versions.cogaze() + ", commit " + versions.commit() + ", DL4J " + versions.dl4j());
  }

  Check java() {
    int feature = Runtime.version().feature();
    String value = Versions.current().java() + ", " + System.getProperty("java.home");
    return feature == NEWEST_JAVA
        ? Check.ok("java", value)
        : Check.note("java", value, "Spark 3.5 is tested with Java 17 at most");
  }

  Check os() {
    return os(System.getProperty("os.name"), System.getProperty("os.arch"));
  }

  Check os(String name, String architecture) {
    String value = name + " " + System.getProperty("os.version") + ", " + architecture;
    boolean built = name.startsWith("Linux") && Set.of("amd64", "x86_64").contains(architecture);
    return built
        ? Check.ok("os", value)
        : Check.wrong(
            "os",
            value,
            "the jar carries native libraries of Linux on x86-64 only; build it with"
                + " -Djavacpp.platform=PLATFORM where ND4J has one for this system");
  }

  Check cpu() {
    String model = machine.value(CPUINFO, "model name").orElse("unknown model");
    Set<String> flags = new TreeSet<>();
    machine
        .value(CPUINFO, "flags")
        .ifPresent(
            text ->
                Stream.of(text.split(" ")).filter(RELEVANT_FLAGS::contains).forEach(flags::add));
    String value =
        model
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " cores for this process; "
            + (flags.isEmpty() ? "no vector extensions listed" : String.join(" ", flags));
    return Check.ok("cpu", value);
  }

  Check threads() {
    List<String> parts = new ArrayList<>();
    parts.add("OMP_NUM_THREADS " + machine.environment().getOrDefault("OMP_NUM_THREADS", "unset"));
    Optional<Double> quota = machine.cpuLimit();
    quota.ifPresent(cores -> parts.add(String.format(Locale.ROOT, "CPU quota %.2f cores", cores)));
    parts.add("master " + System.getProperty("spark.master", "unset"));
    return Check.ok("threads", String.join(", ", parts));
  }

  /**
   * Compares what this process may use with what there is.
   *
   * @param heap most of Java's heap, in bytes
   * @param offHeap most of the arrays outside of it, in bytes
   */
  Check memory(long heap, long offHeap) {
    OptionalLong total = machine.memory();
    OptionalLong limit = machine.memoryLimit();
    String value =
        "machine "
            + gib(total)
            + ", container limit "
            + gib(limit)
            + "; this process: heap "
            + gib(OptionalLong.of(heap))
            + " + arrays "
            + gib(OptionalLong.of(offHeap));
    long most = Math.min(total.orElse(Long.MAX_VALUE), limit.orElse(Long.MAX_VALUE));
    return heap + offHeap <= most
        ? Check.ok("memory", value)
        : Check.wrong(
            "memory",
            value,
            "it may use more than there is, and would then be killed (exit code 137): give a"
                + " smaller --driver-memory or spark.cogaze.offHeapMemory");
  }

  private static String gib(OptionalLong bytes) {
    return bytes.isPresent()
        ? String.format(Locale.ROOT, "%.1f GiB", bytes.getAsLong() / (double) (1L << 30))
        : "none";
  }

  Check limits() {
    String files = limit("Max open files");
    String processes = limit("Max processes");
    String addressSpace = limit("Max address space");
    String value =
        "open files " + files + ", processes " + processes + ", address space " + addressSpace;
    if (!Set.of("unlimited", "unknown").contains(addressSpace)) {
      return Check.note(
          "limits",
          value,
          "a limit of the address space ends Java and ND4J early: ulimit -v unlimited");
    }
    if (files.matches("\\d{1,4}") && Integer.parseInt(files) < FEW_OPEN_FILES) {
      return Check.note("limits", value, "Spark opens many files: ulimit -n 4096");
    }
    return Check.ok("limits", value);
  }

  /** The soft limit of a row of /proc/self/limits, whose columns are set apart by blanks. */
  private String limit(String name) {
    return machine.text("proc/self/limits").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip().split("\\s+", 2)[0])
        .findFirst()
        .orElse("unknown");
  }
}
