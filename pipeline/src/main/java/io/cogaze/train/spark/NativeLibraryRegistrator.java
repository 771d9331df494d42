package io.cogaze.train.spark;

import com.esotericsoftware.kryo.Kryo;
import io.cogaze.nn.kernel.NativeLibrary;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Chooses ND4J's native library before Kryo is set up. ND4J's own registrator loads ND4J as soon as
 * an executor starts its serialiser, which is before any task of ours runs; so this one must stand
 * first in {@code spark.kryo.registrator}. It registers nothing.
 */
public final class NativeLibraryRegistrator implements KryoRegistrator {
  /** Called by Spark, in the order of the list. */
  public NativeLibraryRegistrator() {
    NativeLibrary.prepare();
  }

  @Override
  public void registerClasses(Kryo kryo) {
    NativeLibrary.prepare();
  }
}
