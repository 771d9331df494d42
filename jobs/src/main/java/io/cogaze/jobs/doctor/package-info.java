/**
 * Looks at a machine before a job does: CPU, memory, folders, and whether the graphics processors
 * that are there can run the code that the native library carries.
 */
package io.cogaze.jobs.doctor;
