/**
 * DICOM Part 10 files of single-frame grey images: reading with every check that untrusted input
 * needs, pixel decoding, and writing of uncompressed files. Plain values: no Spark, no DL4J.
 */
package io.cogaze.dicom;
