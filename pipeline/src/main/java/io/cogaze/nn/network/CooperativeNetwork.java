package io.cogaze.nn.network;

import java.util.Set;

public final class CooperativeNetwork implements Network {
  CooperativeNetwork(CooperativeSpec spec) {}

  @Override
  public Set<String> parts() {
    return Set.of();
  }

  @Override
  public Set<String> parts(Head head) {
    return Set.of();
  }

  @Override
  public BuiltNetwork build(BuildRequest request) {
    throw new UnsupportedOperationException();
  }
}
