package io.cogaze.dicom;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * What the file says about where its image belongs. All are the file's text without padding, empty
 * when absent; dates are not checked, because real files hold placeholders.
 *
 * @param studyDate YYYYMMDD
 * @param studyTime HHMMSS
 * @param modality DX or CR for radiographs
 * @param viewPosition PA, AP, LATERAL, LL ...
 */
public record DicomIds(
    String sopClassUid,
    String sopInstanceUid,
    String studyInstanceUid,
    String seriesInstanceUid,
    String patientId,
    String studyId,
    String studyDate,
    String studyTime,
    String modality,
    String viewPosition) {

  /** Digital X-Ray Image Storage - For Presentation, modality DX. */
  public static final String DIGITAL_X_RAY = "1.2.840.10008.5.1.4.1.1.1.1";

  /** Computed Radiography Image Storage, modality CR. */
  public static final String COMPUTED_RADIOGRAPHY = "1.2.840.10008.5.1.4.1.1.1";

  /**
   * A valid UID made from a name: the same name gives the same UID (PS3.5 B.2, the 2.25 root with
   * the first 128 bits of the name's SHA-256).
   */
  public static String uidOf(String name) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return "2.25." + new BigInteger(1, Arrays.copyOf(hash, 16));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
