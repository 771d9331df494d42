package io.cogaze.train.spark;

import io.cogaze.nn.kernel.Backend;
import org.nd4j.linalg.factory.Nd4j;

/** ND4J's own binding of threads to devices. */
final class Nd4jDevices implements DeviceBinding {
  @Override
  public int devices() {
    return Backend.current() == Backend.CUDA ? Nd4j.getAffinityManager().getNumberOfDevices() : 0;
  }

  @Override
  public void bind(int device) {
    Nd4j.getAffinityManager().unsafeSetDevice(device);
  }
}
