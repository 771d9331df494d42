/**
 * The job that turns a data set into shards: decodes images, renders gaze maps, puts both on one
 * canvas, splits by patient. Spark is allowed here, DL4J is not.
 */
package io.cogaze.preprocess;
