/**
 * Exceptions that carry a complete message for the user and the exit code of the process. Every
 * other package may import this one; it imports nothing of CoGaze.
 */
package io.cogaze.error;
