package io.cogaze.jobs.doctor;

import io.cogaze.error.InputException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads small pieces of a large little-endian file. Every offset and size comes from the file
 * itself and is checked before anything is read: a damaged or hostile file ends in an {@link
 * InputException}, never in a large allocation or an endless loop.
 */
final class BinaryFile implements Closeable {
  private static final int LARGEST_PIECE = 1 << 24;

  private final Path path;
  private final FileChannel channel;
  private final long size;

  private BinaryFile(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    this.size = channel.size();
  }

  static BinaryFile open(Path path) throws IOException {
    return new BinaryFile(path, FileChannel.open(path, StandardOpenOption.READ));
  }

  /** In bytes. */
  long size() {
    return size;
  }

  /**
   * A piece of the file.
   *
   * @param what what lies there, for the message
   */
  ByteBuffer read(long offset, long length, String what) throws IOException {
    if (length > LARGEST_PIECE) {
      throw damaged(what + " claims " + length + " bytes, which none has");
    }
    requireInside(offset, length, what);
    ByteBuffer piece = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
    while (piece.hasRemaining()) {
      if (channel.read(piece, offset + piece.position()) < 0) {
        throw damaged("it became shorter while it was read");
      }
    }
    return piece.flip();
  }

  void requireInside(long offset, long length, String what) {
    if (offset < 0 || length < 0 || offset > size || length > size - offset) {
      throw damaged(
          what
              + " should lie at byte "
              + Long.toUnsignedString(offset)
              + ", "
              + Long.toUnsignedString(length)
              + " bytes long, and the file has "
              + size
              + " bytes");
    }
  }

  InputException damaged(String why) {
    return new InputException(
        "Cannot read the native library "
            + path
            + ": "
            + why
            + ". Is the file whole? A library in JavaCPP's cache may be deleted; it is unpacked again.");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
