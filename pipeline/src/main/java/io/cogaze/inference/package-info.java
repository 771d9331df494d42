/**
 * Distributed prediction and evaluation of a run's stages: predictions and metrics as Parquet, by
 * the commit protocol, with floors and a simple baseline beside them.
 */
package io.cogaze.inference;
