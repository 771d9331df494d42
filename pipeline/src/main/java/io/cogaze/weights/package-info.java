/**
 * Tensors outside a network: safetensors files, transfer between networks, hashes. Names are those
 * of {@link io.cogaze.nn.block.TensorNames}.
 */
package io.cogaze.weights;
