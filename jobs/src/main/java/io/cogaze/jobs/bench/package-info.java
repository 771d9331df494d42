/**
 * Benchmarks of the engine: the same steps in CoGaze and in PyTorch, each in a process of its own.
 */
package io.cogaze.jobs.bench;
