/**
 * The fast operations behind one interface, and the choice of the native library. Imports ND4J, and
 * nothing of CoGaze but the exceptions.
 */
package io.cogaze.nn.kernel;
