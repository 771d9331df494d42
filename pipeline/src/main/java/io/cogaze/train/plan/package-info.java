/**
 * What is trained, in which order and on which batches: recipes, stages, samplers, epoch plans and
 * learning-rate schedules. Pure: neither Spark nor DL4J.
 */
package io.cogaze.train.plan;
