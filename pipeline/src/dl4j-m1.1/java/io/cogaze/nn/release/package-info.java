/**
 * What differs between the releases of Deeplearning4j that CoGaze is built with. There is one copy
 * of this package for each release, with the same names; the build takes one. Nothing else may
 * depend on the release.
 */
package io.cogaze.nn.release;
