package io.cogaze.dicom;

import com.github.jaiimageio.jpeg2000.impl.J2KImageReaderSpi;
import io.cogaze.dicom.DicomException.Reason;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * JPEG 2000 code streams (ISO/IEC 15444-1). The image and tile sizes are compared with the DICOM
 * attributes before anything is decoded.
 *
 * <p>The decoder (JJ2000) can count for ever in a damaged packet header and cannot be stopped
 * there, so it runs on a thread of its own with a generous time limit, after which the frame is
 * refused and the thread left to end by itself.
 */
final class Jpeg2000Frame {
  private static final int START_AND_SIZE = 0xFF4FFF51;
  private static final int SIZE_SEGMENT_END = 45;
  private static final int MOST_TILES = 4096;
  private static final long MOST_PIXELS_IN_A_BYTE = 4096;

  private Jpeg2000Frame() {}

  static short[] decode(byte[] frame, PixelFormat format) throws DicomException {
    // Some ten times what the decoder needs, for machines that are busy.
    return decode(frame, format, Duration.ofSeconds(20 + format.pixels() / 250_000));
  }

  static short[] decode(byte[] frame, PixelFormat format, Duration longest) throws DicomException {
    checkHeader(frame, format);
    FutureTask<short[]> task =
        new FutureTask<>(
            () -> ImageIoFrame.decode(frame, format, J2KImageReaderSpi.class, "JPEG 2000"));
    Thread thread = new Thread(task, "jpeg-2000");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw corrupt("it is not decoded after " + longest.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DicomException known) {
        throw known;
      }
      if (e.getCause() instanceof VirtualMachineError fatal) {
        throw fatal;
      }
      throw corrupt(e.getCause().toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while decoding a JPEG 2000 frame", e);
    } finally {
      task.cancel(true);
    }
  }

  private static void checkHeader(byte[] frame, PixelFormat format) throws DicomException {
    int start = codeStreamStart(frame);
    if (frame.length < start + SIZE_SEGMENT_END) {
      throw corrupt("it ends inside its size segment");
    }
    long columns = intAt(frame, start + 8) - intAt(frame, start + 16);
    long rows = intAt(frame, start + 12) - intAt(frame, start + 20);
    long tileColumns = intAt(frame, start + 24);
    long tileRows = intAt(frame, start + 28);
    int components = (int) (intAt(frame, start + 38) & 0xFFFF);
    if (rows != format.rows() || columns != format.columns() || components != 1) {
      throw corrupt(
          "it is "
              + rows
              + " rows x "
              + columns
              + " columns x "
              + components
              + " components; the DICOM attributes say "
              + format.rows()
              + " x "
              + format.columns()
              + " x 1");
    }
    if ((long) frame.length * MOST_PIXELS_IN_A_BYTE < format.pixels()) {
      throw new DicomException(
          Reason.TRUNCATED,
          "The JPEG 2000 frame is truncated: "
              + frame.length
              + " bytes cannot hold "
              + rows
              + " rows x "
              + columns
              + " columns");
    }
    int bits = (frame[start + 42] & 0x7F) + 1;
    if (bits > format.bitsAllocated() || frame[start + 43] != 1 || frame[start + 44] != 1) {
      throw corrupt(
          bits
              + " bits a sample, sampled at every "
              + frame[start + 43]
              + " x "
              + frame[start + 44]
              + " pixels");
    }
    if (tileRows == 0
        || tileColumns == 0
        || ((rows + tileRows - 1) / tileRows) * ((columns + tileColumns - 1) / tileColumns)
            > MOST_TILES) {
      throw corrupt("tiles of " + tileRows + " rows x " + tileColumns + " columns");
    }
  }

  /** DICOM holds bare code streams, but files with the JP2 boxes around them occur. */
  private static int codeStreamStart(byte[] frame) throws DicomException {
    int searched = Math.min(frame.length - 4, 4096);
    for (int at = 0; at <= searched; at++) {
      if ((int) intAt(frame, at) == START_AND_SIZE) {
        return at;
      }
    }
    throw corrupt("it has no code stream header");
  }

  private static long intAt(byte[] bytes, int at) {
    return (bytes[at] & 0xFFL) << 24
        | (bytes[at + 1] & 0xFFL) << 16
        | (bytes[at + 2] & 0xFFL) << 8
        | (bytes[at + 3] & 0xFFL);
  }

  private static DicomException corrupt(String problem) {
    return corrupt(problem, null);
  }

  private static DicomException corrupt(String problem, Throwable cause) {
    return new DicomException(Reason.CORRUPT, "The JPEG 2000 frame is damaged: " + problem, cause);
  }
}
