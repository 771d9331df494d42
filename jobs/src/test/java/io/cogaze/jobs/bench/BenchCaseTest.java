package io.cogaze.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.NetworkSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BenchCaseTest {
  @Test
  void aCaseIsNetworkHeightWidthAndBatch() {
    BenchCase subject = BenchCase.parse("cooperative:320x256:2");

    assertThat(subject.network().name()).isEqualTo("cooperative");
    assertThat(subject.height()).isEqualTo(320);
    assertThat(subject.width()).isEqualTo(256);
    assertThat(subject.batch()).isEqualTo(2);
    assertThat(subject).hasToString("cooperative:320x256:2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "cooperative",
        "cooperative:320x256",
        "cooperative:320:256:2",
        "cooperative:320x256:0",
        "cooperative:-320x256:2",
        "cooperative:320x256:2:1",
        "cooperative:99999999999x256:2"
      })
  void anotherFormIsExplained(String text) {
    assertThatThrownBy(() -> BenchCase.parse(text))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot read the case '" + text + "'")
        .hasMessageContaining("NETWORK:HEIGHTxWIDTH:BATCH")
        .hasMessageContaining("cooperative:320x256:2");
  }

  @Test
  void anUnknownNetworkNamesTheOnesThatThereAre() {
    assertThatThrownBy(() -> BenchCase.parse("resnet50:224x224:1"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no network 'resnet50'")
        .hasMessageContaining("densenet121");
  }

  @Test
  void aSizeThatTheNetworkCannotTakeIsExplained() {
    assertThatThrownBy(() -> BenchCase.parse("cooperative:100x256:2"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot measure cooperative at 100 x 256")
        .hasMessageContaining("multiples of 32");
  }

  @Test
  void whatIsMeasuredByDefaultCanBeRead() {
    assertThat(BenchCase.DEFAULTS)
        .allSatisfy(text -> assertThat(BenchCase.parse(text)).hasToString(text));
  }

  /** The published sizes; DenseNets have one class output of three classes. */
  @ParameterizedTest(name = "{0} has {1} parameters")
  @CsvSource({
    "cooperative, 66637380",
    "densenet121, 6956931",
    "densenet201, 18098691",
    "mt-unet, 34632836"
  })
  void networksHaveTheirPublishedSize(String name, long parameters) {
    NetworkSize size = NetworkSize.named(name);
    NetworkSpec spec = size.spec(224, 224);

    long built =
        spec.network()
            .build(BuildRequest.inference(size.heads().keySet()))
            .names()
            .parameterCount();

    assertThat(built).isEqualTo(parameters);
  }

  @Test
  void aMemoryCaseAlsoNamesPhaseThreadsAndFrozenParts() {
    MemoryCase plain = MemoryCase.parse("mt-unet:320x256:2:inference:4");
    MemoryCase frozen = MemoryCase.parse("cooperative:320x256:2:train:1:densenet,encoder");

    assertThat(plain.threads()).isEqualTo(4);
    assertThat(plain.phase()).isEqualTo(Phase.INFERENCE);
    assertThat(plain.frozen()).isEmpty();
    assertThat(frozen.frozen()).containsExactly("densenet", "encoder");
    assertThat(frozen).hasToString("cooperative:320x256:2:train:1:densenet,encoder");
    assertThatThrownBy(() -> MemoryCase.parse("cooperative:320x256:2"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot read the case 'cooperative:320x256:2'")
        .hasMessageContaining(":PHASE:THREADS");
  }

  @Test
  void moreThreadsThanTheMachineCanBeMeasuredWithAreRefused() {
    int processors = Runtime.getRuntime().availableProcessors();
    int most = Math.min(1024, 16 * processors);

    assertThat(BenchThreads.most(2)).isEqualTo(32);
    assertThat(BenchThreads.most(256)).isEqualTo(1024);
    BenchThreads.require("--threads", most);
    assertThatThrownBy(() -> BenchThreads.require("--threads", most + 1))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "--threads asks for %d native threads: with the %d processors of this machine at most %d"
                    .formatted(most + 1, processors, most)
                + " can be measured.");
    assumeThat(most).as("a case has up to three digits").isLessThan(999);
    assertThatThrownBy(() -> MemoryCase.parse("cooperative:64x32:2:train:999"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(
            "The case 'cooperative:64x32:2:train:999' asks for 999 native threads");
  }

  @Test
  void theEstimateIsTestedOnEightCasesThatItWasNotFittedTo() {
    assertThat(MemoryCase.HELD_OUT).hasSize(8).doesNotContainAnyElementsOf(MemoryCase.FITTED);
    for (List<String> cases : List.of(MemoryCase.FITTED, MemoryCase.HELD_OUT)) {
      assertThat(cases).allSatisfy(text -> assertThat(MemoryCase.parse(text)).hasToString(text));
      assertThat(cases).anyMatch(text -> !MemoryCase.parse(text).frozen().isEmpty());
    }
  }

  @Test
  void anOrderSurvivesItsWayToTheChild() {
    Order order =
        new Order(
            BenchCase.parse("densenet201:224x192:8").tiny(),
            3,
            Phase.INFERENCE,
            Order.COGAZE,
            List.of("densenet"));

    assertThat(Order.ofJson(order.toJson())).isEqualTo(order);
  }
}
