/** How much memory a network takes, from its graph alone. */
package io.cogaze.nn.memory;
