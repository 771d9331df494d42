/** The report: one self-contained HTML file about a run, without scripts or outside references. */
package io.cogaze.report;
