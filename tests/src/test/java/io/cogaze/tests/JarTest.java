package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The jar for spark-submit holds what a cluster lacks, and nothing that it has. */
class JarTest {
  private static final long MEGABYTE = 1_000_000;

  private static Set<String> names;

  @BeforeAll
  static void list() throws IOException {
    names = entries(Project.jar());
  }

  @Test
  void holdsBothNativeVariantsAndStaysUnder350Megabytes() throws IOException {
    assertThat(Files.size(Project.jar())).isBetween(150 * MEGABYTE, 350 * MEGABYTE);
    assertThat(names.stream().filter(name -> name.endsWith("/libnd4jcpu.so")))
        .map(name -> name.replaceFirst(".*bindings/", "").replaceFirst("/.*", ""))
        .containsExactlyInAnyOrder("linux-x86_64-onednn-avx2", "linux-x86_64-onednn-avx512");
    assertThat(names).contains("org/bytedeco/javacpp/linux-x86_64/libjnijavacpp.so");
    assertThat(names)
        .noneMatch(name -> name.matches("org/bytedeco/(opencv|ffmpeg|hdf5|leptonica)/.*"));
  }

  @Test
  void sharesNoClassWithTheAssembledSparkHome() throws IOException {
    assertThat(sharedClasses(SparkHome.ASSEMBLED)).isEmpty();
  }

  @Test
  void sharesNoClassWithAStockSpark() throws IOException {
    assertThat(sharedClasses(SparkHome.STOCK)).isEmpty();
  }

  @Test
  void holdsNoPackageThatSparkBrings() {
    List<String> packages =
        List.of(
            "scala/",
            "org/apache/hadoop/",
            "org/apache/parquet/",
            "org/apache/logging/",
            "org/apache/commons/io/",
            "org/apache/commons/lang3/",
            "org/slf4j/",
            "ch/qos/logback/",
            "com/fasterxml/jackson/",
            "com/esotericsoftware/",
            "com/google/common/",
            "org/apache/spark/sql/",
            "org/apache/spark/rdd/");
    assertThat(names).noneMatch(name -> packages.stream().anyMatch(name::startsWith));
  }

  @Test
  void startsAtMainAndCarriesNoSignatureOfAnotherJar() throws IOException {
    assertThat(text("META-INF/MANIFEST.MF")).contains("Main-Class: io.cogaze.jobs.Main");
    assertThat(names).contains("io/cogaze/jobs/Main.class");
    assertThat(names).noneMatch(name -> name.matches("META-INF/[^/]*\\.(SF|DSA|RSA)"));
  }

  @Test
  void tellsWhoseWorkItHolds() throws IOException {
    assertThat(text("META-INF/THIRD-PARTY.txt"))
        .contains("org.nd4j:nd4j-native", "com.twelvemonkeys.imageio:imageio-jpeg", "Apache");
  }

  @Test
  void mergesTheServicesOfItsLibraries() throws IOException {
    assertThat(text("META-INF/services/org.nd4j.linalg.factory.Nd4jBackend"))
        .contains("org.nd4j.linalg.cpu.nativecpu.CpuBackend");
    assertThat(text("META-INF/services/javax.imageio.spi.ImageReaderSpi"))
        .contains("com.twelvemonkeys.imageio.plugins.jpeg.JPEGImageReaderSpi")
        .contains("com.github.jaiimageio.jpeg2000.impl.J2KImageReaderSpi");
  }

  @Test
  void bringsDefaultsAndRecipesButNoApplicationConfiguration() throws IOException {
    assertThat(text("reference.conf")).contains("cogaze");
    assertThat(names).doesNotContain("application.conf", "log4j2.properties", "logback.xml");
    for (String kind : List.of("recipes", "datasets")) {
      for (String file : configurationFiles(kind)) {
        assertThat(names).contains(kind + "/" + file);
      }
    }
  }

  @Test
  void knowsItsVersionAndCommit() throws IOException {
    assertThat(text("cogaze-build.properties"))
        .containsPattern("(?m)^version=\\d+\\.\\d+")
        .containsPattern("(?m)^commit=([0-9a-f]{40}|unknown)$");
  }

  private static Set<String> sharedClasses(SparkHome home) throws IOException {
    Set<String> shared = new HashSet<>();
    for (Path jar : jars(home)) {
      for (String name : entries(jar)) {
        if (name.endsWith(".class")
            && !name.endsWith("module-info.class")
            && !name.endsWith("package-info.class")
            && names.contains(name)) {
          shared.add(name + " in " + jar.getFileName());
        }
      }
    }
    return shared;
  }

  static List<Path> jars(SparkHome home) throws IOException {
    try (Stream<Path> files = Files.list(home.folder().resolve("jars"))) {
      List<Path> jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
      assertThat(jars).as("jars of %s", home.folder()).hasSizeGreaterThan(100);
      return jars;
    }
  }

  private static List<String> configurationFiles(String kind) throws IOException {
    Path folder = Project.root().resolve("conf").resolve(kind);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<String> found = new ArrayList<>();
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".conf"))
          .forEach(found::add);
      return found;
    }
  }

  private static Set<String> entries(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      return zip.stream()
          .filter(entry -> !entry.isDirectory())
          .map(ZipEntry::getName)
          .collect(Collectors.toSet());
    }
  }

  private static String text(String name) throws IOException {
    try (ZipFile zip = new ZipFile(Project.jar().toFile())) {
      ZipEntry entry = zip.getEntry(name);
      assertThat(entry).as("%s in the jar", name).isNotNull();
      return new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
