/**
 * Run folders: the commit protocol, the lock with its fencing token, the layout, the summary and
 * the provenance record. Works on any Hadoop file system and depends on neither rename nor append.
 */
package io.cogaze.run;
