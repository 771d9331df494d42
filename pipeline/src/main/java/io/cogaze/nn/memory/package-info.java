/** How much memory a network takes, and about how much time, from its graph alone. */
package io.cogaze.nn.memory;
