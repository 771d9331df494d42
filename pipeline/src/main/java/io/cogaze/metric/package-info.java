/**
 * Metrics of classification and saliency, and bootstrap intervals by patient. Plain values: no
 * Spark, no DL4J. All sums are float64 in index order; a NaN or an infinity in an input is an
 * {@link java.lang.IllegalArgumentException} that names its index.
 */
package io.cogaze.metric;
