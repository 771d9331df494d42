package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.train.TestSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ExecutorMemoryTest {
  @Test
  void theStatusOfLinuxGivesResidentMemoryInBytes() {
    String status = "Name:\tjava\nVmPeak:\t  900 kB\nVmHWM:\t     300 kB\nVmRSS:\t     200 kB\n";
    assertThat(ExecutorMemory.process(status))
        .isEqualTo(Map.of("VmRSS", 204_800L, "VmHWM", 307_200L));
    assertThat(ExecutorMemory.process("")).isEmpty();
  }

  @Test
  void thisProcessHasAHeapAndIsTheDriver() {
    assertThat(TestSpark.session().sparkContext().isLocal()).isTrue();
    ExecutorMemory now = ExecutorMemory.now();
    assertThat(now.executor()).isEqualTo("driver");
    assertThat(now.host()).isNotEmpty();
    assertThat(now.heapUsed()).isPositive().isLessThanOrEqualTo(now.heapMax());
    assertThat(now.nativeArrays()).isNotNegative();
    if (Files.exists(Path.of("/proc/self/status"))) {
      assertThat(now.resident()).isPositive().isLessThanOrEqualTo(now.residentPeak());
    } else {
      assertThat(now.resident()).isEqualTo(ExecutorMemory.UNKNOWN);
    }
  }

  @Test
  void anExecutorHasTheLargestValuesOfItsWorkersAndTenComesAfterTwo() {
    ExecutorMemory one = new ExecutorMemory("2", "a", 5, 9, 1, -1, -1);
    ExecutorMemory other = new ExecutorMemory("2", "a", 4, 9, 3, 70, 80);
    ExecutorMemory third = new ExecutorMemory("10", "b", 1, 9, 1, 1, 1);

    assertThat(ExecutorMemory.ofExecutors(List.of(third, one, other)))
        .containsExactly(new ExecutorMemory("2", "a", 5, 9, 3, 70, 80), third);
  }

  @Test
  void itTravels() {
    ExecutorMemory memory = new ExecutorMemory("7", "host", 1, 2, 3, -1, -1);
    assertThat(Bytes.read(Bytes.of(memory::write), ExecutorMemory::read)).isEqualTo(memory);
  }
}
