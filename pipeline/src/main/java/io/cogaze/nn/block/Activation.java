package io.cogaze.nn.block;

/**
 * An activation of the graph under construction, [N,channels,height,width]; height and width are 1
 * for [N,channels].
 *
 * @param vertex that computes it
 * @param needsGradient whether anything trainable lies at or below it
 */
public record Activation(
    String vertex, int channels, int height, int width, boolean needsGradient) {}
