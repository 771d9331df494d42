/** The door through which tests call the command line inside their own JVM. */
package io.cogaze.jobs;
