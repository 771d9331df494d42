/**
 * Checkpoints of stages: writing, finding, reading, and the trained network that inference loads.
 * DL4J and Hadoop's file systems, no Spark.
 */
package io.cogaze.train.checkpoint;
