package io.cogaze.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.run.StatusLine;
import java.io.PrintStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {
  @AfterEach
  void forget() {
    System.clearProperty(ProgressDisplay.COLUMNS_PROPERTY);
  }

  @Test
  void withoutATerminalTheLogHasToSayIt() {
    ProgressDisplay display = ProgressDisplay.open(ProgressMode.AUTO);
    assertThat(StatusLine.show("round 1")).isFalse();
    display.close();
  }

  @Test
  void plainStaysPlainOnATerminalToo() {
    System.setProperty(ProgressDisplay.COLUMNS_PROPERTY, "80");
    ProgressDisplay display = ProgressDisplay.open(ProgressMode.PLAIN);
    assertThat(StatusLine.show("round 1")).isFalse();
    display.close();
  }

  @Test
  void noneTakesTheStatusAndNobodySeesIt() {
    PrintStream err = System.err;
    ProgressDisplay display = ProgressDisplay.open(ProgressMode.NONE);
    assertThat(StatusLine.show("round 1")).isTrue();
    assertThat(System.err).isSameAs(err);
    display.close();
    assertThat(StatusLine.display()).isEmpty();
  }

  @Test
  void aTerminalIsTakenForTheTimeOfTheCommand() {
    System.setProperty(ProgressDisplay.COLUMNS_PROPERTY, "80");
    PrintStream out = System.out;
    PrintStream err = System.err;
    ProgressDisplay display = ProgressDisplay.open(ProgressMode.AUTO);
    try {
      assertThat(StatusLine.display()).containsInstanceOf(TerminalLine.class);
      assertThat(System.out).isNotSameAs(out);
      assertThat(System.err).isNotSameAs(err);
    } finally {
      display.close();
    }
    assertThat(StatusLine.display()).isEmpty();
    assertThat(System.out).isSameAs(out);
    assertThat(System.err).isSameAs(err);
  }
}
