package io.cogaze.jobs;

import io.cogaze.run.StatusLine;
import io.cogaze.train.spark.NativeLibraryRegistrator;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * Opens the Spark session of a command. Two kinds of properties: those that the pipeline cannot
 * work without always win; the others are set only where the submitter said nothing.
 */
final class SparkSessions {
  /**
   * ND4J's arrays and Java's records travel by Kryo with these. The first chooses ND4J's native
   * library, which the second would load.
   */
  static final String KRYO_REGISTRATORS =
      NativeLibraryRegistrator.class.getName()
          + ",org.nd4j.kryo.Nd4jRegistrator,"
          + RecordKryoRegistrator.class.getName();

  private SparkSessions() {}

  /** The properties that a session for the named command has. */
  static SparkConf conf(String command) {
    SparkConf conf = new SparkConf();
    conf.set("spark.serializer", "org.apache.spark.serializer.KryoSerializer");
    conf.set("spark.kryo.registrator", KRYO_REGISTRATORS);
    // Dates never depend on where a cluster stands.
    conf.set("spark.sql.session.timeZone", "UTC");

    conf.setIfMissing("spark.master", "local[*]");
    conf.setIfMissing("spark.app.name", "cogaze " + command);
    // What is broadcast, and the reports of many tasks, may be large; states travel as blocks.
    conf.setIfMissing("spark.kryoserializer.buffer.max", "1g");
    conf.setIfMissing("spark.driver.maxResultSize", "4g");
    // What is broadcast are the bits of parameters, which no compression makes smaller.
    conf.setIfMissing("spark.broadcast.compress", "false");
    // Rounds keep states in memory outside the heap, which Spark's storage counts here. Not
    // enabled, so that Spark itself neither uses such memory nor asks a cluster for it: how much
    // there is, ND4J's own limit says.
    conf.setIfMissing("spark.memory.offHeap.size", "1t");
    // Rounds are short and every worker is waited for: waiting for data locality costs more than it
    // saves.
    conf.setIfMissing("spark.locality.wait", "0s");
    if (conf.get("spark.master").startsWith("local")) {
      conf.setIfMissing("spark.ui.enabled", "false");
      conf.setIfMissing("spark.driver.host", "127.0.0.1");
      conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
    }
    if (!conf.get("spark.master").startsWith("local-cluster")
        && conf.get("spark.master").startsWith("local")) {
      // A task's lack of memory fails the job, which explains it, instead of ending this JVM.
      conf.setIfMissing("spark.executor.killOnFatalError.depth", "0");
    }
    return conf;
  }

  /** A session for the named command; the caller closes it. */
  static SparkSession open(String command) {
    return open(command, Map.of());
  }

  /** The same with properties that win over the submitter's. */
  static SparkSession open(String command, Map<String, String> own) {
    SparkConf conf = conf(command);
    own.forEach(conf::set);
    SparkSession session = SparkSession.builder().config(conf).getOrCreate();
    StatusLine.display()
        .filter(TerminalLine.class::isInstance)
        .map(TerminalLine.class::cast)
        .ifPresent(line -> session.sparkContext().addSparkListener(new TaskCounter(line::tasks)));
    return session;
  }
}
