/**
 * Training states on their way between processes, as blocks of Spark's own storage: cut into
 * slices, put where they arise, fetched by who needs them. Knows nothing of networks.
 */
package io.cogaze.train.exchange;
