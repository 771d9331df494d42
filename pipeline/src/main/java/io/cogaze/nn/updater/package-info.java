/** Optimisers in as few passes over the flat parameter vector as there can be. */
package io.cogaze.nn.updater;
