package io.cogaze.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * What ran: versions of CoGaze, its libraries, Java and the operating system. {@code unknown} where
 * nothing says.
 *
 * <p>The build writes {@code cogaze-build.properties} (version, commit, dl4j) into the jar. Spark's
 * version is that of the jars it runs with.
 */
public record Versions(
    String cogaze, String commit, String java, String spark, String dl4j, String os) {

  /** Where nothing says. */
  public static final String UNKNOWN = "unknown";

  private static final String BUILD = "/cogaze-build.properties";
  private static final String SPARK = "/spark-version-info.properties";

  /** Of this process. */
  public static Versions current() {
    Properties build = properties(BUILD);
    return new Versions(
        value(build, "version"),
        value(build, "commit"),
        System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")",
        value(properties(SPARK), "version"),
        value(build, "dl4j"),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
  }

  /** For JSON. */
  public Map<String, String> asMap() {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("cogaze", cogaze);
    map.put("commit", commit);
    map.put("java", java);
    map.put("spark", spark);
    map.put("dl4j", dl4j);
    map.put("os", os);
    return map;
  }

  private static String value(Properties properties, String key) {
    String value = properties.getProperty(key, UNKNOWN).strip();
    boolean unfilled = value.isEmpty() || value.startsWith("${");
    return unfilled ? UNKNOWN : value;
  }

  private static Properties properties(String resource) {
    Properties properties = new Properties();
    try (InputStream stream = Versions.class.getResourceAsStream(resource)) {
      if (stream != null) {
        properties.load(stream);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read class path resource " + resource, e);
    }
    return properties;
  }
}
