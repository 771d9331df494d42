package io.cogaze.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.nn.kernel.NativeLibrary;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.SerializerInstance;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import scala.reflect.ClassTag$;

class RecordKryoRegistratorTest {
  @BeforeAll
  static void chooseTheNativeLibraryBeforeAnyTestLoadsIt() {
    NativeLibrary.prepare();
  }

  private static final SerializerInstance KRYO = serializer(SparkSessions.KRYO_REGISTRATORS);

  record Reading(String id, double[] values, List<Reading> more, Map<String, Integer> counts)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  record Result(long step, INDArray array) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void recordsTravelWithWhatTheyHold() {
    Reading inner = new Reading("b", new double[0], List.of(), Map.of());
    Reading sent = new Reading("a", new double[] {1.5, -2}, List.of(inner), Map.of("x", 3));

    Reading came = roundTrip(KRYO, sent);

    assertThat(came).usingRecursiveComparison().isEqualTo(sent);
  }

  @Test
  void arraysTravelInsideARecord() {
    Result came = roundTrip(KRYO, new Result(7, Nd4j.create(new double[] {1, 2, 3})));

    assertThat(came.step()).isEqualTo(7);
    assertThat(came.array().toDoubleVector()).containsExactly(1, 2, 3);
  }

  @Test
  void immutableCollectionsTravelOnTheirOwn() {
    for (Object sent :
        List.of(
            List.of(),
            List.of("a"),
            List.of("a", "b", "c"),
            Set.of(),
            Set.of(1),
            Set.of(1, 2, 3),
            Map.of(),
            Map.of("a", 1),
            Map.of("a", 1, "b", 2, "c", 3),
            Optional.of("x"),
            java.util.stream.Stream.of(1, 2, 3).toList())) {
      assertThat(roundTrip(KRYO, sent)).isEqualTo(sent);
    }
  }

  /** When this fails, Spark's Kryo has learnt records, and the registrator can go. */
  @Test
  void kryoAloneCannotReadARecord() {
    SerializerInstance alone = serializer("org.nd4j.kryo.Nd4jRegistrator");
    Reading sent = new Reading("a", new double[0], List.of(), Map.of());

    assertThatThrownBy(() -> roundTrip(alone, sent)).hasMessageContaining("Reading");
  }

  private static SerializerInstance serializer(String registrators) {
    return new KryoSerializer(new SparkConf(false).set("spark.kryo.registrator", registrators))
        .newInstance();
  }

  private static <T> T roundTrip(SerializerInstance kryo, T sent) {
    @SuppressWarnings("unchecked")
    Class<T> type = (Class<T>) sent.getClass();
    ByteBuffer bytes = kryo.serialize(sent, ClassTag$.MODULE$.<T>apply(type));
    return kryo.deserialize(bytes, ClassTag$.MODULE$.<T>apply(type));
  }
}
