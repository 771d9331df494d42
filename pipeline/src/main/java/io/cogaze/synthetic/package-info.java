/**
 * Phantom chest X-rays with anatomy, disease signs and a reader's gaze, written in the files of
 * EGD-CXR 1.0.0 and of the MIMIC-CXR DICOM tree. Everything here is made by arithmetic from a seed;
 * nothing stems from a person.
 */
package io.cogaze.synthetic;
