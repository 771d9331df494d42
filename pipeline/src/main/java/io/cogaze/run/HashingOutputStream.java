package io.cogaze.run;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Passes bytes on and counts and hashes them, so that a file need not be read again. */
public final class HashingOutputStream extends FilterOutputStream {
  private final MessageDigest digest = Sha256.digest();
  private long count;
  private String sha256;

  public HashingOutputStream(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
    digest.update((byte) b);
    count++;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    digest.update(bytes, offset, length);
    count += length;
  }

  /** Bytes written so far. */
  public long count() {
    return count;
  }

  /** SHA-256 of everything written. Call it last: nothing may be written afterwards. */
  public String sha256() {
    if (sha256 == null) {
      sha256 = Sha256.hex(digest.digest());
    }
    return sha256;
  }
}
