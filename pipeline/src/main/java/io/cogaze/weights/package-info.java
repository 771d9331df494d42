/**
 * Tensors outside a network: safetensors files, transfer between networks, hashes. Names are those
 * of {@link io.cogaze.nn.network.TensorNames}.
 */
package io.cogaze.weights;
