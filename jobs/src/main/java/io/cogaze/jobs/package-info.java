/** Spark jobs and the command line. Only {@code Main} ends the JVM. */
package io.cogaze.jobs;
