package io.cogaze.shard;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.io.UncheckedIOException;

/**
 * Objects as bytes by Java's own serialisation. What travels between driver and tasks as data of a
 * Spark job does so as bytes, because a session may have Kryo as its serialiser, and Spark's Kryo
 * cannot read records. Only for bytes that the same job made.
 */
public final class JavaBytes {
  private JavaBytes() {}

  /** The bytes of an object. */
  public static byte[] of(Serializable value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot serialise a " + value.getClass().getName(), e);
    }
    return bytes.toByteArray();
  }

  /**
   * The object of bytes that {@link #of} made.
   *
   * @throws ClassCastException if it is of another type
   */
  public static <T> T read(byte[] bytes, Class<T> type) {
    try (ObjectInputStream in = new ContextObjectInputStream(new ByteArrayInputStream(bytes))) {
      return type.cast(in.readObject());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot deserialise a " + type.getName(), e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("An executor lacks a class that the driver has", e);
    }
  }

  /** Finds classes as Spark's executors do: in the thread's context loader, which has the jar. */
  private static final class ContextObjectInputStream extends ObjectInputStream {
    ContextObjectInputStream(InputStream in) throws IOException {
      super(in);
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description)
        throws IOException, ClassNotFoundException {
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      try {
        return Class.forName(description.getName(), false, loader);
      } catch (ClassNotFoundException e) {
        return super.resolveClass(description);
      }
    }
  }
}
