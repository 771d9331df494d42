/** Losses and the output layers that compute them. */
package io.cogaze.nn.loss;
