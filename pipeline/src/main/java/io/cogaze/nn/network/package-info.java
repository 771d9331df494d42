/** Networks: one class per network, and the registry of tensor names. */
package io.cogaze.nn.network;
