package io.cogaze.dataset;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * HMAC-SHA256 of texts under one key (RFC 2104), as 32 hexadecimal digits, that is 128 bits.
 * Without the key nobody can find the text by trying all ids.
 */
public final class KeyedHash implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String ALGORITHM = "HmacSHA256";

  private final String key;

  /**
   * @param key any text but the empty one
   */
  public KeyedHash(String key) {
    if (key.isEmpty()) {
      throw new IllegalArgumentException("The key of a keyed hash is empty");
    }
    this.key = key;
  }

  /** The hash of a text. */
  public String of(String text) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), ALGORITHM));
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)), 0, 16);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This JVM has no " + ALGORITHM, e);
    }
  }
}
