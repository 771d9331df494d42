/**
 * Averaging of the workers' results, weighted by examples, in float64 and in the order of the
 * worker index, so that the sum does not depend on which result arrived first. Pure Java.
 */
package io.cogaze.train.merge;
