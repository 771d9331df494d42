package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.RunException;
import io.cogaze.nn.kernel.Engine;
import io.cogaze.train.TestSpark;
import io.cogaze.train.plan.ResourceSettings;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

final class EngineGuardTest {
  private static final ResourceSettings ALLOWED = new ResourceSettings(false, 0, true, false);

  private static JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(TestSpark.session().sparkContext());
  }

  /** What training's tasks do first. */
  private static long run(JavaSparkContext context) {
    return TaskFailure.unwrapped(
        () ->
            context
                .parallelize(List.of(1, 2), 2)
                .filter(
                    number -> {
                      EngineGuard.check();
                      return true;
                    })
                .count());
  }

  @Test
  void tasksThatComputeAsTheDriverDoesGoOn() {
    JavaSparkContext context = context();
    EngineGuard.demand(context, ResourceSettings.DEFAULT, 2);
    try {
      assertThat(context.getLocalProperty(EngineGuard.PROPERTY)).isEqualTo(Engine.description());
      assertThat(run(context)).isEqualTo(2);
    } finally {
      EngineGuard.release(context);
    }
    assertThat(context.getLocalProperty(EngineGuard.PROPERTY)).isNull();
  }

  @Test
  void aTaskThatComputesOtherwiseThanTheDriverStopsTheStageAndNamesBoth() {
    JavaSparkContext context = context();
    context.setLocalProperty(EngineGuard.PROPERTY, "reference; linux-armhf");
    try {
      assertThatThrownBy(() -> run(context))
          .isInstanceOf(RunException.class)
          .hasMessageStartingWith("Cannot train: executor driver on ")
          .hasMessageContaining(
              "computes with '"
                  + Engine.description()
                  + "', the driver with 'reference; linux-armhf'")
          .hasMessageContaining("--set resources.allow-different-kernels=true");
    } finally {
      context.setLocalProperty(EngineGuard.PROPERTY, null);
    }
  }

  @Test
  void whereDifferencesAreAllowedNothingIsChecked() {
    JavaSparkContext context = context();
    EngineGuard.demand(context, ALLOWED, 2);
    assertThat(context.getLocalProperty(EngineGuard.PROPERTY)).isNull();
    assertThat(EngineGuard.difference("a", "a", "executor 1 on b")).isEmpty();
    assertThat(EngineGuard.difference("a", "c", "executor 1 on b"))
        .contains("executor 1 on b computes with 'c', the driver with 'a'");
  }
}
