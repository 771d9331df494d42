package io.cogaze.jobs;

import io.cogaze.config.Range;

/**
 * What the demo makes.
 *
 * @param images synthetic images to make
 */
record DemoSettings(@Range(min = 1, max = 1_000_000) int images) {}
