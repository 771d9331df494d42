/**
 * Configuration: HOCON in, typed records out. All problems are reported at once, each with file and
 * line; unknown keys are problems. The only package that touches Typesafe Config. Each package owns
 * its own settings record; {@code reference.conf} holds every default with a comment.
 */
package io.cogaze.config;
