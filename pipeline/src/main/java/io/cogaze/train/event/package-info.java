/**
 * TensorBoard's event files: records framed as TFRecord, each holding an Event message. Pure Java.
 */
package io.cogaze.train.event;
