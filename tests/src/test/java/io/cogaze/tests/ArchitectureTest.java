package io.cogaze.tests;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The layers of docs/architecture.md: a package imports only from packages to its left. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importPaths(
              Project.root().resolve("pipeline/target/classes"),
              Project.root().resolve("jobs/target/classes"));

  private static final List<String> PLAIN =
      List.of("config", "run", "dicom", "image", "gaze", "metric");

  /** Of Deeplearning4j's graph, where they are given something to compute on. */
  private static final Set<String> COMPUTING =
      Set.of(
          "fit",
          "pretrain",
          "output",
          "outputSingle",
          "feedForward",
          "score",
          "scoreExamples",
          "computeGradientAndScore",
          "backpropGradient",
          "calculateGradients",
          "evaluate",
          "doEvaluation");

  private static final List<String> DATA = List.of("shard", "dataset", "synthetic", "preprocess");
  private static final List<String> MODEL =
      List.of("nn", "weights", "train", "inference", "report");

  /** For each package, those of CoGaze that it may import. */
  private static final Map<String, List<String>> MAY_IMPORT = mayImport();

  private static Map<String, List<String>> mayImport() {
    Map<String, List<String>> rules = new LinkedHashMap<>();
    rules.put("error", List.of());
    for (String plain : PLAIN) {
      rules.put(plain, List.of("error"));
    }
    List<String> left = new ArrayList<>(PLAIN);
    left.add("error");
    rules.put("shard", List.copyOf(left));
    left.add("shard");
    rules.put("dataset", List.copyOf(left));
    left.add("dataset");
    rules.put("synthetic", List.copyOf(left));
    rules.put("preprocess", List.copyOf(left));
    left.add("synthetic");
    left.add("preprocess");
    for (String model : MODEL) {
      rules.put(model, List.copyOf(left));
      left.add(model);
    }
    rules.put("jobs", List.copyOf(left));
    return rules;
  }

  static Stream<String> packages() {
    return MAY_IMPORT.keySet().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("packages")
  void importsOnlyFromTheLeft(String name) {
    String[] allowed =
        Stream.concat(Stream.of(name), MAY_IMPORT.get(name).stream())
            .map(other -> "io.cogaze." + other + "..")
            .toArray(String[]::new);
    DescribedPredicate<JavaClass> forbidden =
        resideInAPackage("io.cogaze..")
            .and(DescribedPredicate.not(JavaClass.Predicates.resideInAnyPackage(allowed)))
            .as("packages of CoGaze other than %s", List.of(allowed));
    noClasses()
        .that()
        .resideInAPackage("io.cogaze." + name + "..")
        .should()
        .dependOnClassesThat(forbidden)
        .check(CLASSES);
  }

  @Test
  void everyPackageHasItsPlaceInTheLayers() {
    Set<String> found =
        CLASSES.stream()
            .map(JavaClass::getPackageName)
            .map(name -> name.replaceFirst("^io\\.cogaze\\.?", "").replaceFirst("\\..*", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(found).containsExactlyInAnyOrderElementsOf(MAY_IMPORT.keySet());
  }

  @Test
  void noCirclesBetweenPackages() {
    slices().matching("io.cogaze.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  static Stream<String> withoutSpark() {
    return Stream.of(
            PLAIN.stream(),
            Stream.of(
                "error", "nn", "weights", "train.plan", "train.step", "train.merge", "train.event"))
        .flatMap(names -> names);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("withoutSpark")
  void knowsNoSpark(String name) {
    keepOut(name, "org.apache.spark..", "scala..");
  }

  static Stream<String> withoutDeeplearning4j() {
    return Stream.of(
            PLAIN.stream(),
            DATA.stream(),
            Stream.of("error", "train.plan", "train.merge", "train.event"))
        .flatMap(names -> names);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("withoutDeeplearning4j")
  void knowsNoDeeplearning4j(String name) {
    keepOut(name, "org.deeplearning4j..", "org.nd4j..", "org.bytedeco..");
  }

  private static void keepOut(String name, String... packages) {
    noClasses()
        .that()
        .resideInAPackage("io.cogaze." + name + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
        .check(CLASSES);
  }

  @Test
  void onlyTheConfigPackageTouchesTypesafeConfig() {
    noClasses()
        .that(resideOutsideOfPackage("io.cogaze.config.."))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.typesafe..")
        .check(CLASSES);
  }

  @Test
  void onlyMainEndsTheJvm() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.cogaze.jobs.Main")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(CLASSES);
  }

  /** With some releases of Deeplearning4j the tasks of a process must not compute at once. */
  @Test
  void networksComputeInTurnsAlone() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.cogaze.nn.network.Turns")
        .and()
        // Layers of Deeplearning4j alone in a process, for comparison.
        .doNotHaveFullyQualifiedName("io.cogaze.jobs.bench.StockEngine")
        .should()
        .callMethodWhere(
            describe(
                "a network computes on a batch",
                call ->
                    call.getTargetOwner().isAssignableTo(ComputationGraph.class)
                        && COMPUTING.contains(call.getName())
                        && !call.getTarget().getRawParameterTypes().isEmpty()))
        .check(CLASSES);
  }

  @Test
  void onlyTheCommandLineWritesToTheStandardStreams() {
    noClasses()
        .that(resideOutsideOfPackage("io.cogaze.jobs.."))
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .check(CLASSES);
  }

  @Test
  void logsBySlf4jAlone() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.cogaze.shard.ParquetLogging")
        .and()
        .doNotHaveFullyQualifiedName("io.cogaze.jobs.TaskFailureLogging")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.util.logging..", "org.apache.log4j..", "org.apache.logging..", "lombok..")
        .check(CLASSES);
  }

  @Test
  void keepsOutOfForeignPackageNames() {
    assertThat(CLASSES.stream().map(JavaClass::getName)).allMatch(n -> n.startsWith("io.cogaze."));
  }
}
