package io.cogaze.run;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * A file system whose process dies at the n-th step: that step fails half-done, every later one
 * fails too. Each write of a stream is two steps, before and after half of the bytes.
 */
final class CrashingFileSystem extends FilterFileSystem {
  private int stepsLeft;

  CrashingFileSystem(FileSystem underneath, int stepsBeforeCrash) {
    super(underneath);
    stepsLeft = stepsBeforeCrash;
  }

  boolean crashed() {
    return stepsLeft < 0;
  }

  private void step() throws IOException {
    if (stepsLeft <= 0) {
      stepsLeft = -1;
      throw new IOException("the process died");
    }
    stepsLeft--;
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    step();
    OutputStream out =
        fs.create(path, permission, overwrite, bufferSize, replication, blockSize, progress);
    step();
    return new FSDataOutputStream(new DyingStream(out), null);
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    step();
    return fs.open(path, bufferSize);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    step();
    return fs.getFileStatus(path);
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    step();
    return fs.mkdirs(path, permission);
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    step();
    return fs.mkdirs(path);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    step();
    return fs.delete(path, recursive);
  }

  private final class DyingStream extends OutputStream {
    private final OutputStream out;

    DyingStream(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      step();
      out.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      step();
      out.write(bytes, offset, length / 2);
      out.flush();
      step();
      out.write(bytes, offset + length / 2, length - length / 2);
    }

    @Override
    public void close() throws IOException {
      // A dead process closes nothing, but the operating system keeps what reached it.
      out.close();
      step();
    }
  }
}
