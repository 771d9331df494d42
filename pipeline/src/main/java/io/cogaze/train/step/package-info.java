/**
 * One averaging worker's work: batches from examples, steps of the network, its state as plain
 * vectors. DL4J, no Spark.
 */
package io.cogaze.train.step;
