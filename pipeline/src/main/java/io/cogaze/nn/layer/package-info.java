/** CoGaze's own Deeplearning4j layers and vertices: a configuration and an implementation each. */
package io.cogaze.nn.layer;
