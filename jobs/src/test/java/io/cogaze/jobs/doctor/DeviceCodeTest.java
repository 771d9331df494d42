package io.cogaze.jobs.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.cogaze.error.InputException;
import io.cogaze.jobs.doctor.DeviceCode.Fit;
import io.cogaze.jobs.doctor.DeviceCode.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Reading what a native library carries for graphics processors, from small made libraries. */
class DeviceCodeTest {
  private static final int FAT_BINARY = MadeLibrary.HEADER;
  private static final int FIRST_ENTRY = FAT_BINARY + 16;

  @TempDir private Path folder;

  private static ComputeCapability capability(String text) {
    return ComputeCapability.parse(text).orElseThrow();
  }

  @Test
  void listsWhatEveryFatBinaryHas() throws IOException {
    DeviceCode code =
        DeviceCode.read(
            new MadeLibrary().with(37, 80, 86, -86).with(80, 86, -86, 120).write(folder));
    assertThat(code.fatBinaries()).isEqualTo(2);
    assertThat(code.targets(Kind.MACHINE_CODE))
        .containsExactly(capability("8.0"), capability("8.6"));
    assertThat(code.targets(Kind.PTX)).containsExactly(capability("8.6"));
  }

  @Test
  void findsTheFatBinariesOfSeparatelyCompiledCodeAndPassesOverPadding() throws IOException {
    MadeLibrary library = new MadeLibrary().section("__nv_relfatbin").with(75);
    library.withBytes(new byte[24]).with(75).withBytes(new byte[8]);
    DeviceCode code = DeviceCode.read(library.write(folder));
    assertThat(code.fatBinaries()).isEqualTo(2);
    assertThat(code.targets(Kind.MACHINE_CODE)).containsExactly(capability("7.5"));
  }

  @Test
  void aLibraryWithoutSuchASectionCarriesNothing() throws IOException {
    DeviceCode code = DeviceCode.read(new MadeLibrary().section(".text").with(75).write(folder));
    assertThat(code.fatBinaries()).isZero();
    assertThat(code.targets(Kind.MACHINE_CODE)).isEmpty();
    assertThat(code.fit(capability("7.5"))).isEqualTo(Fit.NONE);
  }

  @ParameterizedTest(name = "{0} on {1}: {2}")
  @CsvSource({
    "75, 7.5, MACHINE_CODE",
    "80, 8.6, MACHINE_CODE",
    "86, 8.9, MACHINE_CODE",
    "86, 8.0, NONE",
    "86, 9.0, NONE",
    "-86, 9.0, PTX",
    "-86, 12.0, PTX",
    "-86, 8.6, PTX",
    "-86, 8.0, NONE",
    "100, 10.3, MACHINE_CODE"
  })
  void machineCodeServesItsGenerationAndPtxEveryLaterOne(int target, String device, Fit expected)
      throws IOException {
    DeviceCode code = DeviceCode.read(new MadeLibrary().with(target).write(folder));
    assertThat(code.fit(capability(device))).isEqualTo(expected);
  }

  @Test
  void theKernelsThatFitWorstDecide() throws IOException {
    Path library = new MadeLibrary().with(90, -80).with(80, -80).write(folder);
    assertThat(DeviceCode.read(library).fit(capability("9.0"))).isEqualTo(Fit.PTX);
    library = new MadeLibrary().with(90, -80).with(80).write(folder);
    assertThat(DeviceCode.read(library).fit(capability("9.0"))).isEqualTo(Fit.NONE);
  }

  @ParameterizedTest(name = "cut to {0} bytes")
  @MethodSource("lengths")
  void aTruncatedLibraryIsExplained(int length) throws IOException {
    byte[] whole = new MadeLibrary().with(80, -86).bytes();
    Path file = Files.write(folder.resolve("cut.so"), Arrays.copyOf(whole, length));
    assertThatThrownBy(() -> DeviceCode.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("Cannot read the native library " + file + ": ")
        .hasMessageContaining("Is the file whole?");
  }

  static IntStream lengths() {
    int whole = new MadeLibrary().with(80, -86).bytes().length;
    return IntStream.concat(IntStream.of(0, 3, 16, 63, 64, 65, 200), IntStream.of(whole - 1));
  }

  static Stream<Arguments> hostileValues() {
    return Stream.of(
        hostile("it is no ELF file", file -> file.put(1, (byte) 'X')),
        hostile("64-bit little-endian", file -> file.put(4, (byte) 1)),
        hostile("64-bit little-endian", file -> file.put(5, (byte) 2)),
        hostile("section headers have 40 bytes", file -> file.putShort(58, (short) 40)),
        hostile("the section table should lie at", file -> file.putLong(40, Long.MAX_VALUE)),
        hostile("the section table should lie at", file -> file.putLong(40, -1)),
        hostile("the section table", file -> file.putShort(60, (short) 60_000)),
        hostile("names in number 9", file -> file.putShort(62, (short) 9)),
        hostile("claims", file -> file.putLong(section(file, 2) + 32, Long.MAX_VALUE)),
        hostile("the section names", file -> file.putLong(section(file, 2) + 24, -5)),
        hostile("name lies outside", file -> file.putInt(section(file, 1), -1)),
        hostile("section .nv_fatbin", file -> file.putLong(section(file, 1) + 32, 1L << 40)),
        hostile("section .nv_fatbin", file -> file.putLong(section(file, 1) + 24, -8)),
        hostile("no fat binary begins at byte 64", file -> file.putInt(FAT_BINARY, 7)),
        hostile("claims -1 bytes", file -> file.putLong(FAT_BINARY + 8, -1)),
        hostile("which its section has not", file -> file.putLong(FAT_BINARY + 8, 1L << 62)),
        hostile("which its section has not", file -> file.putShort(FAT_BINARY + 6, (short) 0)),
        hostile("which the fat binary has not", file -> file.putInt(FIRST_ENTRY + 4, 0)),
        hostile("which the fat binary has not", file -> file.putInt(FIRST_ENTRY + 4, -1)),
        hostile("which the fat binary has not", file -> file.putLong(FIRST_ENTRY + 8, -64)),
        hostile(
            "which the fat binary has not",
            file -> file.putLong(FIRST_ENTRY + 8, Long.MAX_VALUE - 8)),
        hostile("generation -1", file -> file.putInt(FIRST_ENTRY + 28, -1)),
        hostile("generation 0", file -> file.putInt(FIRST_ENTRY + 28, 0)));
  }

  private static Arguments hostile(String message, Consumer<ByteBuffer> change) {
    return Arguments.of(message, change);
  }

  private static int section(ByteBuffer file, int index) {
    return (int) file.getLong(40) + 64 * index;
  }

  @ParameterizedTest(name = "{index}: {0}")
  @MethodSource("hostileValues")
  void hostileSizesAreExplainedAtOnce(String message, Consumer<ByteBuffer> change)
      throws IOException {
    byte[] bytes = new MadeLibrary().with(80, -86).bytes();
    change.accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    Path file = Files.write(folder.resolve("hostile.so"), bytes);
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () ->
            assertThatThrownBy(() -> DeviceCode.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(
                    message.equals("claims -1 bytes") ? "claims 184467" : message));
  }

  @Test
  void manyZerosAreNotTakenForPadding() throws IOException {
    Path file = new MadeLibrary().with(80).withBytes(new byte[1 << 16]).write(folder);
    assertThatThrownBy(() -> DeviceCode.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no fat binary begins at byte");
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void flippedBytesAreReadOrExplained(int seed) throws IOException {
    Random random = new Random(seed);
    byte[] bytes = new MadeLibrary().with(37, 80, -86).with(80, -86).bytes();
    for (int change = 0; change < 1 + random.nextInt(8); change++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    Path file = Files.write(folder.resolve("changed.so"), bytes);
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          try {
            assertThat(DeviceCode.read(file).fatBinaries()).isLessThanOrEqualTo(bytes.length / 16);
          } catch (InputException e) {
            assertThat(e).hasMessageContaining(file.toString());
          }
        });
  }

  static IntStream seeds() {
    return IntStream.range(0, 200);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "3.5, CUDA_HOPPER",
    "3.7, CUDA",
    "7.0, CUDA",
    "8.0, CUDA",
    "8.6, CUDA",
    "8.9, CUDA",
    "9.0, CUDA_HOPPER",
    "10.0, CUDA_HOPPER",
    "12.0, CUDA_HOPPER"
  })
  void theProfileThatServesAGenerationBest(String device, BuildProfile expected) {
    assertThat(BuildProfile.fitting(capability(device))).contains(expected);
  }

  @Test
  void noProfileServesTheOldestGenerations() {
    assertThat(BuildProfile.fitting(capability("3.0"))).isEmpty();
    assertThat(BuildProfile.fitting(capability("2.1"))).isEmpty();
  }

  @Test
  void readsGenerationsAsPeopleWriteThem() {
    assertThat(ComputeCapability.parse(" 9.0\n")).contains(new ComputeCapability(9, 0));
    assertThat(ComputeCapability.parse("12.1")).contains(new ComputeCapability(12, 1));
    assertThat(
            Stream.of("", "9", "9.", ".0", "sm_90", "0.9", "9.0.1", "123.4", "[N/A]")
                .flatMap(text -> ComputeCapability.parse(text).stream()))
        .isEmpty();
  }
}
