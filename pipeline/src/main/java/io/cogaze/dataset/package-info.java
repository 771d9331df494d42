/**
 * Public data sets as they lie on disk, turned into canonical {@link io.cogaze.dataset.StudyRow}s
 * and gaze tracks; patient-level splits. Spark is allowed here, DL4J is not.
 */
package io.cogaze.dataset;
