package io.cogaze.preprocess;

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
 * Objects as bytes by Java's serialisation. What travels between tasks does so as bytes, because a
 * session may have Kryo as its serialiser, and Spark's Kryo cannot read records.
 */
final class JavaBytes {
  private JavaBytes() {}

  static byte[] of(Serializable object) {
    try (ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot serialise a " + object.getClass(), e);
    }
  }

  static <T> T to(byte[] bytes, Class<T> type) {
    // Only bytes that this job's own tasks made come here.
    try (InputStream in = new ByteArrayInputStream(bytes);
        ObjectInputStream objects = new ContextObjectInputStream(in)) {
      return type.cast(objects.readObject());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot deserialise a " + type, e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("An executor lacks a class of CoGaze", e);
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
