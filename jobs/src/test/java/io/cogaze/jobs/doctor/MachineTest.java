package io.cogaze.jobs.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memory, limits and folders, from made files of the kernel. */
class MachineTest {
  private static final long GIB = 1L << 30;

  @TempDir private Path root;
  private Machine machine;
  private SystemChecks checks;

  @BeforeEach
  void machine() throws IOException {
    machine = new Machine(root, Map.of("OMP_NUM_THREADS", "3"));
    checks = new SystemChecks(machine);
    file("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:        1 kB\n");
  }

  private void file(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void theSmallestLimitOfTheGroupsAboveCounts() throws IOException {
    file("proc/self/cgroup", "0::/pods/one/container\n");
    file("sys/fs/cgroup/pods/one/container/memory.max", "max\n");
    file("sys/fs/cgroup/pods/one/memory.max", "4294967296\n");
    file("sys/fs/cgroup/pods/memory.max", "8589934592\n");
    file("sys/fs/cgroup/pods/one/container/cpu.max", "150000 100000\n");
    file("sys/fs/cgroup/pods/cpu.max", "max 100000\n");
    assertThat(machine.memoryLimit()).hasValue(4 * GIB);
    assertThat(machine.cpuLimit()).contains(1.5);
    assertThat(checks.threads().value()).contains("OMP_NUM_THREADS 3", "CPU quota 1.50 cores");
  }

  @Test
  void theLimitIsSeenFromInsideAContainerToo() throws IOException {
    file("proc/self/cgroup", "0::/\n");
    file("sys/fs/cgroup/memory.max", "2147483648\n");
    assertThat(machine.memoryLimit()).hasValue(2 * GIB);
  }

  @Test
  void readsGroupsOfTheFirstVersion() throws IOException {
    file("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a\n");
    file("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "3221225472\n");
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assertThat(machine.memoryLimit()).hasValue(3 * GIB);
  }

  @Test
  void withoutGroupsThereIsNoLimit() {
    assertThat(machine.memoryLimit()).isEmpty();
    assertThat(machine.cpuLimit()).isEmpty();
    assertThat(machine.memory()).hasValue(16 * GIB);
  }

  @Test
  void moreMemoryThanTheContainerHasIsWrong() throws IOException {
    assertThat(checks.memory(4 * GIB, 12 * GIB).status()).isEqualTo(Check.Status.OK);
    file("proc/self/cgroup", "0::/\n");
    file("sys/fs/cgroup/memory.max", "8589934592\n");
    Check check = checks.memory(4 * GIB, 12 * GIB);
    assertThat(check.status()).isEqualTo(Check.Status.WRONG);
    assertThat(check.value())
        .isEqualTo(
            "machine 16.0 GiB, container limit 8.0 GiB; this process: heap 4.0 GiB + arrays 12.0 GiB");
    assertThat(check.advice()).contains("exit code 137");
  }

  @Test
  void limitsOfTheProcessAreRead() throws IOException {
    String limits =
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max address space         unlimited            unlimited            bytes
        Max processes             96364                96364                processes
        Max open files            256                  1048576              files
        """;
    file("proc/self/limits", limits);
    assertThat(checks.limits().value())
        .isEqualTo("open files 256, processes 96364, address space unlimited");
    assertThat(checks.limits().advice()).contains("ulimit -n 4096");
    file("proc/self/limits", limits.replace("256  ", "65536"));
    assertThat(checks.limits().status()).isEqualTo(Check.Status.OK);
    file("proc/self/limits", limits.replaceFirst("unlimited ", "8589934592"));
    assertThat(checks.limits().advice()).contains("ulimit -v unlimited");
  }

  @Test
  void theProcessorIsNamedWithWhatMatters() throws IOException {
    file(
        "proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu sse avx2 fma avx512f\n");
    assertThat(checks.cpu().value())
        .startsWith("Some CPU @ 2 GHz, ")
        .endsWith("cores for this process; avx2 avx512f fma");
  }

  @Test
  void anotherSystemHasNoNativeLibrary() {
    assertThat(checks.os("Linux", "amd64").status()).isEqualTo(Check.Status.OK);
    assertThat(checks.os("Linux", "aarch64").advice()).contains("-Djavacpp.platform");
    assertThat(checks.os("Mac OS X", "x86_64").status()).isEqualTo(Check.Status.WRONG);
  }

  @Test
  void aFolderThatCannotBeWrittenOrIsTooSmallIsWrong() throws IOException {
    Check fine = FolderChecks.check("x", root.resolve("new/folder"), 1);
    assertThat(fine.status()).isEqualTo(Check.Status.OK);
    assertThat(fine.value()).contains("writable", "GiB free");
    assertThat(root.resolve("new/folder")).isEmptyDirectory();
    assertThat(FolderChecks.check("x", root, Long.MAX_VALUE).advice()).contains("are needed there");
    file("occupied", "a file");
    Check occupied = FolderChecks.check("x", root.resolve("occupied"), 0);
    assertThat(occupied.status()).isEqualTo(Check.Status.WRONG);
    assertThat(occupied.value()).contains("not writable", "occupied");
  }

  @Test
  void sharedLibrariesAreFoundWhereTheLinkerLooks() throws IOException {
    Path own = Files.createDirectories(root.resolve("own"));
    Files.createFile(own.resolve("libcublas.so.11"));
    file("usr/local/cuda-11.6/lib64/libcusolver.so.11", "");
    file("etc/ld.so.conf.d/cuda.conf", "# of the site\n/opt/cuda/lib\n");
    file("opt/cuda/lib/libcudnn.so.8", "");
    SharedLibraries libraries =
        new SharedLibraries(new Machine(root, Map.of("LD_LIBRARY_PATH", ":" + own + ":/nowhere")));
    assertThat(
            libraries.missing(
                List.of(
                    "libcublas.so.11", "libcusolver.so.11", "libcudnn.so.8", "libcudart.so.11.0")))
        .containsExactly("libcudart.so.11.0");
  }
}
