package io.cogaze.jobs;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Lets Java records and the immutable collections of {@code List.of} and its like travel by Kryo,
 * inside the elements of an RDD, results of tasks and broadcasts.
 *
 * <p>Spark 3.5 brings Kryo 4, which knows neither: it may not look into a record's fields, and it
 * fills an immutable collection after making it empty. Both go by Java's own serialization, so what
 * they hold must be {@link java.io.Serializable}.
 */
public final class RecordKryoRegistrator implements KryoRegistrator {
  private static final List<Object> IMMUTABLE =
      List.of(List.of(), List.of(1), Set.of(), Set.of(1), Map.of(), Map.of(1, 1));

  @Override
  public void registerClasses(Kryo kryo) {
    kryo.addDefaultSerializer(Record.class, new JavaSerializer());
    for (Object collection : IMMUTABLE) {
      kryo.addDefaultSerializer(collection.getClass(), new JavaSerializer());
    }
  }
}
