package io.cogaze.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.LoadRequest;
import io.cogaze.dataset.StudyRow;
import io.cogaze.dicom.DicomException;
import io.cogaze.shard.Issue;
import io.cogaze.shard.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One damaged file costs one record, never the job. */
class ExampleMakerTest {
  private static final int MUTANTS = 40;
  private static final int MUTANTS_OF_JPEG_2000 = 4;

  @TempDir Path folder;

  private static PreprocessSettings settings(String mode) {
    ConfigBinder binder =
        CogazeConfig.load(
                LoadRequest.of(
                    List.of(),
                    List.of(
                        "preprocess.canvas.native-height-px=64",
                        "preprocess.canvas.native-width-px=64",
                        "preprocess.canvas.output-height-px=32",
                        "preprocess.canvas.output-width-px=32",
                        "preprocess.intensity.mode=" + mode)))
            .binder();
    Supplier<PreprocessSettings> settings = binder.bind("preprocess", PreprocessSettings.class);
    binder.check();
    return settings.get();
  }

  private ExampleMaker.Made make(ExampleMaker maker, Path image, List<Issue> warnings)
      throws IOException {
    return maker.make(
        new StudyRow(
            "egd-cxr",
            "id",
            "id",
            "s1",
            "p1",
            "",
            image.toString(),
            "p*/s*/id.dcm",
            Map.of(),
            0,
            Map.of(),
            "master_sheet.csv",
            7),
        Split.TRAIN,
        Optional.empty(),
        Optional.empty(),
        warnings);
  }

  static Stream<Path> fixtures() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(Path.of("src/test/resources/dicom"))) {
      files = all.filter(file -> file.toString().endsWith(".dcm")).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(25);
    return files.stream();
  }

  /** Each transfer syntax of the fixtures, each way to scale, seeded changes of any bytes. */
  @ParameterizedTest
  @MethodSource("fixtures")
  void anyChangedBytesGiveAnExampleOrOneQuarantineRow(Path fixture) throws IOException {
    byte[] valid = Files.readAllBytes(fixture);
    boolean slowToRefuse = fixture.getFileName().toString().startsWith("j2k");
    List<ExampleMaker> makers = new ArrayList<>();
    for (String mode : List.of("max", "percentile", "window")) {
      makers.add(new ExampleMaker(new Configuration(), settings(mode)));
    }
    Path image = folder.resolve("image.dcm");
    int refused = 0;
    int mutants = slowToRefuse ? MUTANTS_OF_JPEG_2000 : MUTANTS;
    for (int seed = 0; seed < mutants; seed++) {
      Files.write(image, mutant(valid, seed));
      List<Issue> warnings = new ArrayList<>();
      ExampleMaker.Made made = make(makers.get(seed % makers.size()), image, warnings);
      String what = fixture.getFileName() + ", seed " + seed;
      assertThat(made.example().isPresent()).as(what).isNotEqualTo(made.quarantined().isPresent());
      if (made.quarantined().isPresent()) {
        refused++;
        Issue issue = made.quarantined().get();
        assertThat(issue.reason())
            .as("%s: %s", what, issue.message())
            .startsWith("DICOM_")
            .isNotEqualTo("DICOM_DECODER_FAILURE");
        assertThat(issue.message()).as(what).contains("p*/s*/id.dcm").contains("fix: ");
        assertThat(issue.row()).isEqualTo(7);
      } else {
        assertThat(made.fingerprint()).as(what).hasSize(1);
        assertThat(made.fingerprint().get(0).meanIntensity()).as(what).isBetween(0.0, 1.0);
      }
    }
    if (!slowToRefuse) {
      assertThat(refused).as("the changes reach what the decoder looks at").isPositive();
    }
  }

  /** Some bytes replaced, or a stretch cut out, or one doubled; mostly before the pixels. */
  private static byte[] mutant(byte[] valid, long seed) {
    Random random = new Random(seed);
    byte[] bytes = valid.clone();
    int reach = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 1000);
    switch (random.nextInt(4)) {
      case 0 -> {
        int from = random.nextInt(reach);
        int to = Math.min(bytes.length, from + 1 + random.nextInt(40));
        byte[] shorter = new byte[bytes.length - (to - from)];
        System.arraycopy(bytes, 0, shorter, 0, from);
        System.arraycopy(bytes, to, shorter, from, bytes.length - to);
        return shorter;
      }
      case 1 -> {
        int from = random.nextInt(reach);
        int length = Math.min(bytes.length - from, 1 + random.nextInt(40));
        byte[] longer = new byte[bytes.length + length];
        System.arraycopy(bytes, 0, longer, 0, from + length);
        System.arraycopy(bytes, from, longer, from + length, bytes.length - from);
        return longer;
      }
      default -> {
        for (int i = random.nextInt(1, 12); i > 0; i--) {
          bytes[random.nextInt(reach)] = (byte) random.nextInt(256);
        }
        return bytes;
      }
    }
  }

  @Test
  void whatTheDecoderDoesNotForeseeIsQuarantinedWithTheException() throws IOException {
    Path image = Files.write(folder.resolve("image.dcm"), new byte[10]);
    Map<String, ExampleMaker.Decoder> failing =
        Map.of(
            "java.lang.ArrayIndexOutOfBoundsException: Index 9 out of bounds",
            in -> {
              throw new ArrayIndexOutOfBoundsException("Index 9 out of bounds");
            },
            "java.lang.StackOverflowError",
            in -> {
              throw new StackOverflowError();
            });
    for (Map.Entry<String, ExampleMaker.Decoder> entry : failing.entrySet()) {
      List<Issue> warnings = new ArrayList<>();
      ExampleMaker.Made made =
          make(
              new ExampleMaker(new Configuration(), settings("max"), entry.getValue()),
              image,
              warnings);
      assertThat(made.example()).isEmpty();
      Issue issue = made.quarantined().orElseThrow();
      assertThat(issue.reason()).isEqualTo("EXAMPLE_FAILURE");
      assertThat(issue.message())
          .contains("p*/s*/id.dcm", entry.getKey(), "fix: ", "report it as a bug");
      assertThat(issue.row()).isEqualTo(7);
      assertThat(warnings).isEmpty();
    }
  }

  @Test
  void aTaskThatIsCancelledDoesNotBlameTheFile() throws IOException {
    Path image = Files.write(folder.resolve("image.dcm"), new byte[10]);
    ExampleMaker maker =
        new ExampleMaker(
            new Configuration(),
            settings("max"),
            in -> {
              Thread.currentThread().interrupt();
              throw new IllegalStateException("Interrupted while decoding");
            });
    try {
      assertThatThrownBy(() -> make(maker, image, new ArrayList<>()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Interrupted while decoding");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void aFileSystemThatFailsIsNoFaultOfTheFile() throws IOException {
    Path image = Files.write(folder.resolve("image.dcm"), new byte[10]);
    ExampleMaker broken =
        new ExampleMaker(
            new Configuration(),
            settings("max"),
            in -> {
              throw new IOException("the disk is gone");
            });
    assertThatThrownBy(() -> make(broken, image, new ArrayList<>()))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(DicomException.class)
        .hasMessage("the disk is gone");
  }
}
