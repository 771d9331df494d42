package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The independent readers are there, in the versions that are asked for. */
class PythonEnvironmentTest {
  @Test
  void readersAreInstalledOnceAndAnswer() {
    PythonEnvironment readers = PythonEnvironment.named("readers");
    Completed done = readers.script("versions.py", "pydicom", "pandas", "duckdb").expect(0);
    assertThat(done.out()).contains("pydicom 3.0.1", "pandas 2.2.3", "duckdb 1.2.2");
    assertThat(PythonEnvironment.named("readers").python()).isEqualTo(readers.python());
  }
}
