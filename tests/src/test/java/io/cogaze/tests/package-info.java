/**
 * What crosses modules: the jar, the launcher, spark-submit with several JVMs, architecture rules.
 *
 * <p>Helpers: {@link io.cogaze.tests.Cogaze} runs a command through the launcher, {@link
 * io.cogaze.tests.SparkHome} gives the assembled and the stock Spark, {@link
 * io.cogaze.tests.PythonEnvironment} independent readers.
 */
package io.cogaze.tests;
