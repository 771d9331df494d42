package io.cogaze.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TerminalLineTest {
  private static final String ERASE = "\r\u001b[K";
  private static final long SECOND = 1_000_000_000L;

  private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();
  private final AtomicLong clock = new AtomicLong();
  private final TerminalLine line = new TerminalLine(terminal, 40, clock::get);

  @Test
  void theLineIsDrawnAnewInItsPlaceAndEndsWithALineBreak() {
    line.show("round 1");
    line.draw();
    line.show("round 2");
    line.draw();
    line.close();
    assertThat(written()).isEqualTo("round 1" + ERASE + "round 2\n");
  }

  @Test
  void nothingIsWrittenWhileNothingChanges() {
    line.draw();
    line.show("round 1");
    line.draw();
    line.draw();
    line.show("round 1");
    line.draw();
    assertThat(written()).isEqualTo("round 1");
  }

  @Test
  void anEmptyStatusTakesTheLineAwayAndNothingFollowsItsEnd() {
    line.show("round 1");
    line.draw();
    line.show("");
    line.draw();
    line.close();
    line.show("late");
    line.draw();
    line.close();
    assertThat(written()).isEqualTo("round 1" + ERASE);
  }

  @Test
  void aLineOfTheLogTakesItsPlaceAndTheStatusComesBackBelow() {
    PrintStream log = new PrintStream(line.guard(terminal), true, StandardCharsets.UTF_8);
    line.show("round 1");
    line.draw();
    log.println("12:00:00 INFO epoch 1");
    line.draw();
    assertThat(written()).isEqualTo("round 1" + ERASE + "12:00:00 INFO epoch 1\nround 1");
  }

  @Test
  void isNotDrawnIntoALineThatSomeoneElseHasBegun() {
    PrintStream out = new PrintStream(line.guard(terminal), true, StandardCharsets.UTF_8);
    line.show("round 1");
    out.print("half a ");
    line.draw();
    out.println("line");
    line.draw();
    assertThat(written()).isEqualTo("half a line\nround 1");
  }

  @Test
  void phasesShowTheirTasksAndSecondsUntilTheWorkSpeaksForItself() {
    line.begin("preprocess");
    clock.set(2 * SECOND);
    line.begin("decode");
    line.tasks(3, 12);
    clock.set(7 * SECOND);
    line.draw();
    line.show("all but done");
    line.draw();
    line.end();
    line.tasks(0, 0);
    line.draw();
    line.end();
    line.draw();
    assertThat(written().split(ERASE.replace("[", "\\["), -1))
        .containsExactly(
            "preprocess: decode  3 of 12 tasks  5 s", "all but done", "preprocess  7 s", "");
  }

  @Test
  void aLongStatusIsCutShortOfTheTerminalAndCannotMoveTheCursor() {
    line.show("\u001b[2Ja\tb\n" + "é".repeat(100));
    line.draw();
    assertThat(written()).isEqualTo("[2Jab" + "é".repeat(34));
  }

  @Test
  void aTerminalThatIsGoneEndsTheDrawingAndNothingElse() {
    OutputStream gone =
        new OutputStream() {
          @Override
          public void write(int single) throws IOException {
            throw new IOException("Input/output error");
          }
        };
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    TerminalLine lost = new TerminalLine(gone, 40, clock::get);
    PrintStream log = new PrintStream(lost.guard(file), true, StandardCharsets.UTF_8);
    lost.show("round 1");
    lost.draw();
    log.println("still at work");
    lost.draw();
    lost.close();
    assertThat(file.toString(StandardCharsets.UTF_8)).isEqualTo("still at work\n");
    assertThat(log.checkError()).isFalse();
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 20);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatOthersPrintIsNeverTorn(long seed) {
    Random random = new Random(seed);
    PrintStream out = new PrintStream(line.guard(terminal), true, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(line.guard(terminal), true, StandardCharsets.UTF_8);
    List<String> printed = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      switch (random.nextInt(4)) {
        case 0 -> line.show("status " + random.nextInt(5));
        case 1 -> line.draw();
        case 2 -> {
          printed.add("result " + i);
          out.println("result " + i);
        }
        default -> {
          printed.add("log " + i);
          err.print("log ");
          line.draw();
          err.println(i);
        }
      }
    }
    line.show("end");
    line.draw();
    printed.add("end");
    assertThat(visible()).containsExactlyElementsOf(printed);
  }

  private String written() {
    return terminal.toString(StandardCharsets.UTF_8);
  }

  /** What a terminal shows: of each line what stands behind the last clearing. */
  private List<String> visible() {
    List<String> lines = new ArrayList<>();
    for (String whole : written().split("\n", -1)) {
      int erased = whole.lastIndexOf(ERASE);
      lines.add(erased < 0 ? whole : whole.substring(erased + ERASE.length()));
    }
    return lines;
  }
}
