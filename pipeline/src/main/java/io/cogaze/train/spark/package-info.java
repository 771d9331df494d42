/**
 * Training over Spark: the averaging master, distributed validation, and the stages of a recipe.
 */
package io.cogaze.train.spark;
