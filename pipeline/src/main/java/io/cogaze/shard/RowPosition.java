package io.cogaze.shard;

import java.io.Serializable;

/** Where a row lies in its file: row group, and row within it, both from 0. */
public record RowPosition(int rowGroup, int row) implements Serializable {
  private static final long serialVersionUID = 1L;
}
