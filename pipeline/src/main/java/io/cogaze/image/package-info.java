/**
 * Grey pictures and masks as plain arrays: intensity, canvas, reduction, PNG and JPEG files. Plain
 * values: no Spark, no DL4J.
 */
package io.cogaze.image;
