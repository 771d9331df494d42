package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.cogaze.error.ConfigurationException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which kernel the two properties choose. */
class KernelsTest {
  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no", "off", "0", "False", "TRUE", " true"})
  void winogradIsSwitchedByTrueAndFalseAlone(String value) {
    assertThatThrownBy(() -> Kernels.choose("", value))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("-Dcogaze.kernel.winograd is '" + value + "'; expected 'true' or 'false'");
  }

  @Test
  void winogradIsSwitchedOff() {
    assumeThat(OneDnn.obstacle()).isEmpty();
    assertThat(((OneDnnKernel) Kernels.choose("onednn", "true")).description().contains("winograd"))
        .as("oneDNN has it for AVX-512 only")
        .isEqualTo(OneDnn.hasAvx512());
    assertThat(((OneDnnKernel) Kernels.choose("onednn", "false")).description())
        .doesNotContain("winograd");
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo", "ONEDNN", "onednn ", "true"})
  void anUnknownKernelIsRefusedWithThoseThatThereAre(String name) {
    assumeThat(Backend.current()).isEqualTo(Backend.CPU);
    assertThatThrownBy(() -> Kernels.choose(name, "true"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("There is no kernel '" + name + "' as -Dcogaze.kernel asks for")
        .hasMessageContaining("expected 'onednn' or 'reference'");
  }

  @Test
  void aProcessCanBeHeldToAvx2AndToNothingElse() {
    String cpuinfo = "flags : avx2 fma f16c bmi2 avx512f avx512cd avx512bw avx512dq avx512vl\n";
    assertThat(NativeLibrary.choose(cpuinfo, "")).isEqualTo(NativeLibrary.Variant.ONEDNN_AVX512);
    assertThat(NativeLibrary.choose(cpuinfo, "avx2")).isEqualTo(NativeLibrary.Variant.ONEDNN_AVX2);
    String before = System.getProperty(NativeLibrary.ISA_PROPERTY, "");
    try {
      System.setProperty(NativeLibrary.ISA_PROPERTY, "AVX2");
      assertThatThrownBy(() -> NativeLibrary.choose(cpuinfo))
          .isInstanceOf(ConfigurationException.class)
          .hasMessage(
              "-Dcogaze.isa is 'AVX2'; expected 'avx2', or nothing for all that the processor can"
                  + " do");
    } finally {
      System.setProperty(NativeLibrary.ISA_PROPERTY, before);
    }
  }

  @Test
  @Tag("native")
  void layoutAndNativeLibraryFollowWhatTheProcessMayUse() {
    assumeThat(OneDnn.obstacle()).isEmpty();
    boolean wide = NativeLibrary.cpu().orElseThrow() == NativeLibrary.Variant.ONEDNN_AVX512;
    assertThat(OneDnn.hasAvx512()).isEqualTo(wide);
    assertThat(Kernels.description())
        .contains(wide ? "blocks of 16 channels" : "blocks of 8 channels");
    assertThat(Engine.description()).endsWith(wide ? "-avx512" : "-avx2");
  }

  @Test
  void theReferenceCanBeChosen() {
    assertThat(Kernels.choose("reference", "true").name()).isEqualTo("reference");
  }
}
