package io.cogaze.train.spark;

/** Binds threads to graphics processors. */
interface DeviceBinding {
  /** Graphics processors that this process sees; 0 where it computes on the processor. */
  int devices();

  /** From now on, arrays of the calling thread lie on a device and are computed there. */
  void bind(int device);
}
