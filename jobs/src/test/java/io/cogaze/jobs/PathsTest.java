package io.cogaze.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathsTest {
  @ParameterizedTest(name = "{0} in {1}")
  @CsvSource({"out/Cö, US-ASCII", "out/\uFFFD\uFFFD, UTF-8", "Łódź, ISO-8859-1"})
  void aNameThatTheLocaleLacksIsRefusedWithTheFix(String path, String encoding) {
    assertThatThrownBy(() -> Paths.refuseWhatTheLocaleCannotName(path, encoding))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(path)
        .hasMessageContaining(encoding)
        .hasMessageContaining("export LC_ALL=C.UTF-8");
  }

  @ParameterizedTest(name = "{0} in {1}")
  @CsvSource({"out/Cö, UTF-8", "plain, US-ASCII", "hdfs://host/ö, US-ASCII"})
  void otherNamesPass(String path, String encoding) {
    assertThatCode(() -> Paths.refuseWhatTheLocaleCannotName(path, encoding))
        .doesNotThrowAnyException();
  }

  @Test
  void aFileSystemThatIsNotThereIsExplained() {
    assertThatThrownBy(() -> Paths.path("nosuch://bucket/x"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot reach the file system of 'nosuch://bucket/x'")
        .hasMessageContaining("SPARK_HOME");
    assertThat(Paths.path("a b").toString()).endsWith("/a b");
  }
}
