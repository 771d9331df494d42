package io.cogaze.dataset;

import java.io.Serializable;

/**
 * How examples are split.
 *
 * @param train share of the patients of each class, 0..1; likewise valid and test; their sum is 1
 * @param seed another seed gives another split
 */
public record SplitSettings(SplitRule rule, double train, double valid, double test, long seed)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public SplitSettings {
    if (train <= 0 || valid < 0 || test < 0 || Math.abs(train + valid + test - 1) > 1e-9) {
      throw new IllegalArgumentException(
          "train = %s, valid = %s, test = %s: shares must sum to 1, none below 0, train above 0"
              .formatted(train, valid, test));
    }
  }
}
