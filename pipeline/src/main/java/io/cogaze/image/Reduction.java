package io.cogaze.image;

/** How a picture is made smaller by a whole factor. */
public enum Reduction {
  /** The mean of each box of factor x factor pixels. */
  AREA,
  /** The top-left pixel of each box, as the public code of MT-UNet does; aliases. */
  STRIDE
}
