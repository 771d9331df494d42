package io.cogaze.jobs.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Looks for shared libraries where the dynamic linker and JavaCPP would. */
final class SharedLibraries {
  private static final String ON_CLASS_PATH = "/org/bytedeco/cuda/linux-x86_64/";
  private static final List<String> SYSTEM =
      List.of(
          "usr/local/cuda/lib64",
          "lib/x86_64-linux-gnu",
          "usr/lib/x86_64-linux-gnu",
          "usr/lib64",
          "lib64",
          "usr/lib");

  private final Machine machine;

  SharedLibraries(Machine machine) {
    this.machine = machine;
  }

  /** Those of the named libraries that are nowhere. */
  List<String> missing(List<String> names) {
    return names.stream().filter(name -> find(name).isEmpty()).toList();
  }

  /** Where a library lies. */
  Optional<String> find(String name) {
    if (SharedLibraries.class.getResource(ON_CLASS_PATH + name) != null) {
      return Optional.of("class path");
    }
    return folders().stream()
        .map(folder -> folder.resolve(name))
        .filter(Files::exists)
        .map(Path::toString)
        .findFirst();
  }

  private List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    words(machine.environment().getOrDefault("LD_LIBRARY_PATH", ""), ":")
        .forEach(folder -> folders.add(Path.of(folder)));
    SYSTEM.forEach(folder -> folders.add(machine.root().resolve(folder)));
    machine.list("usr/local").stream()
        .filter(folder -> folder.getFileName().toString().startsWith("cuda-11"))
        .forEach(folder -> folders.add(folder.resolve("lib64")));
    for (Path file : machine.list("etc/ld.so.conf.d")) {
      words(machine.text("etc/ld.so.conf.d/" + file.getFileName()).orElse(""), "\\R")
          .filter(line -> line.startsWith("/"))
          .forEach(line -> folders.add(machine.root().resolve(line.substring(1))));
    }
    return folders;
  }

  private static Stream<String> words(String text, String separator) {
    return Pattern.compile(separator)
        .splitAsStream(text)
        .map(String::strip)
        .filter(word -> !word.isEmpty());
  }
}
