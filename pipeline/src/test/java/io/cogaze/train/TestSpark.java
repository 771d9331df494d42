package io.cogaze.train;

import io.cogaze.nn.kernel.NativeLibrary;
import org.apache.spark.sql.SparkSession;

/** The one Spark session of the training tests: two threads in this JVM. */
public final class TestSpark {
  private TestSpark() {}

  /** The session; the first call starts it. */
  public static SparkSession session() {
    NativeLibrary.prepare();
    return SparkSession.builder()
        .master("local[2]")
        .appName("cogaze-train-test")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "localhost")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate();
  }
}
