package io.cogaze.config;

import java.util.List;

/**
 * What to load, weakest first: the reference, the sources in order, the overrides in order.
 *
 * @param reference every key with its default and comment
 * @param sources recipe and configuration files
 * @param overrides {@code a.b=c} as given to {@code --set}; the root {@code cogaze.} may be left
 *     out
 */
public record LoadRequest(
    ConfigSource reference, List<ConfigSource> sources, List<String> overrides) {

  public LoadRequest {
    sources = List.copyOf(sources);
    overrides = List.copyOf(overrides);
  }

  /** Over the built-in {@code reference.conf}. */
  public static LoadRequest of(List<ConfigSource> sources, List<String> overrides) {
    return new LoadRequest(ConfigSource.resource("reference.conf"), sources, overrides);
  }
}
