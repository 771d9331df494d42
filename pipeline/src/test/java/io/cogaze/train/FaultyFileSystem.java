package io.cogaze.train;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Constructor;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local file system, checksum files included, under the scheme {@code faulty}, with a fault at
 * a chosen call: the process dies there, the disk is full or read-only from there on, or whatever
 * else a test wants. Calls are counted from 1, those for checksum files too. What a stream was
 * given reaches the disk when it is closed, in two calls, so that a death in between leaves half a
 * file and one before leaves an empty one. One fault at a time, for the whole JVM.
 */
public final class FaultyFileSystem extends LocalFileSystem {
  public static final String SCHEME = "faulty";
  private static final Object LOCK = new Object();
  private static final List<Call> CALLS = new ArrayList<>();
  private static Fault fault = call -> {};

  /** What a call does. */
  public enum Kind {
    CREATE(true),
    WRITE(true),
    MAKE_FOLDER(true),
    DELETE(true),
    RENAME(true),
    SET_PERMISSION(true),
    OPEN(false),
    LIST(false),
    STATUS(false);

    private final boolean change;

    Kind(boolean change) {
      this.change = change;
    }

    public boolean isChange() {
      return change;
    }
  }

  /**
   * A call, just before it takes effect.
   *
   * @param number from 1
   */
  public record Call(int number, Kind kind, String path) {}

  /** What happens at a call; what it throws, the caller gets, and the call has no effect. */
  @FunctionalInterface
  public interface Fault {
    void at(Call call) throws IOException;
  }

  public FaultyFileSystem() {
    super(new Disk());
  }

  /** A configuration that knows the scheme. */
  public static Configuration configuration() {
    Configuration configuration = new Configuration();
    register(configuration);
    return configuration;
  }

  /** Makes the scheme known. */
  public static void register(Configuration configuration) {
    configuration.set("fs." + SCHEME + ".impl", FaultyFileSystem.class.getName());
  }

  /** The file system. */
  public static FileSystem open() throws IOException {
    return FileSystem.get(URI.create(SCHEME + ":///"), configuration());
  }

  /** The path of a local file under this scheme. */
  public static Path path(java.nio.file.Path file) {
    return new Path(SCHEME, "", file.toAbsolutePath().toString());
  }

  /** From now on this fault; counts anew. */
  public static void arm(Fault next) {
    synchronized (LOCK) {
      CALLS.clear();
      fault = next;
    }
  }

  /** No fault any more; gives the calls since {@link #arm}. */
  public static List<Call> disarm() {
    synchronized (LOCK) {
      fault = call -> {};
      return List.copyOf(CALLS);
    }
  }

  /** The process dies at a call: neither it nor a later one has an effect. */
  public static Fault diesAt(int number) {
    return call -> {
      if (call.number() >= number) {
        throw new IOException("the driver was killed");
      }
    };
  }

  /**
   * The disk is full from a call on: files can be made, but nothing written into them.
   *
   * @param asError as Hadoop's local file system reports it, by an Error, or as others do
   */
  public static Fault fullFrom(int number, boolean asError) {
    return call -> {
      if (call.number() >= number && call.kind() == Kind.WRITE) {
        IOException full = new IOException("No space left on device");
        if (asError) {
          throw localError(full);
        }
        throw full;
      }
    };
  }

  /** Nothing can be changed from a call on. */
  public static Fault readOnlyFrom(int number) {
    return call -> {
      if (call.number() >= number && call.kind().isChange()) {
        throw new IOException(call.path() + ": Read-only file system");
      }
    };
  }

  private static FSError localError(IOException cause) {
    try {
      // Hadoop keeps the constructor to itself.
      Constructor<FSError> constructor = FSError.class.getDeclaredConstructor(Throwable.class);
      constructor.setAccessible(true);
      return constructor.newInstance(cause);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void call(Kind kind, Path path) throws IOException {
    synchronized (LOCK) {
      Call call = new Call(CALLS.size() + 1, kind, path.toUri().getPath());
      CALLS.add(call);
      fault.at(call);
    }
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  private static final class Disk extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create(SCHEME + ":///");
    }

    @Override
    public FSDataOutputStream create(
        Path path,
        boolean overwrite,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      call(Kind.CREATE, path);
      return late(
          path, super.create(path, overwrite, bufferSize, replication, blockSize, progress));
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
      call(Kind.CREATE, path);
      return late(
          path, super.create(path, overwrite, bufferSize, replication, blockSize, progress));
    }

    private static FSDataOutputStream late(Path path, OutputStream out) throws IOException {
      return new FSDataOutputStream(new LateStream(path, out), null);
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
      call(Kind.OPEN, path);
      return super.open(path, bufferSize);
    }

    @Override
    public boolean mkdirs(Path path) throws IOException {
      call(Kind.MAKE_FOLDER, path);
      Files.createDirectories(pathToFile(path).toPath());
      return true;
    }

    @Override
    public boolean mkdirs(Path path, FsPermission permission) throws IOException {
      return mkdirs(path);
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
      call(Kind.RENAME, from);
      return super.rename(from, to);
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
      if (recursive && pathToFile(path).isDirectory()) {
        // One by one, in the order of the names: a process may die between any two.
        FileStatus[] children = super.listStatus(path);
        Arrays.sort(children);
        for (FileStatus child : children) {
          delete(child.getPath(), true);
        }
      }
      call(Kind.DELETE, path);
      return super.delete(path, recursive);
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
      call(Kind.LIST, path);
      return super.listStatus(path);
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
      call(Kind.STATUS, path);
      return super.getFileStatus(path);
    }

    @Override
    public void setPermission(Path path, FsPermission permission) throws IOException {
      call(Kind.SET_PERMISSION, path);
      // The ordinary way starts a program.
      Files.setPosixFilePermissions(
          pathToFile(path).toPath(),
          PosixFilePermissions.fromString(permission.toString().substring(0, 9)));
    }
  }

  private static final class LateStream extends OutputStream {
    private final Path path;
    private final OutputStream out;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private boolean closed;

    LateStream(Path path, OutputStream out) {
      this.path = path;
      this.out = out;
    }

    @Override
    public void write(int b) {
      held.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      held.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      try (out) {
        byte[] bytes = held.toByteArray();
        if (bytes.length == 0) {
          return;
        }
        call(Kind.WRITE, path);
        out.write(bytes, 0, bytes.length / 2);
        out.flush();
        call(Kind.WRITE, path);
        out.write(bytes, bytes.length / 2, bytes.length - bytes.length / 2);
      }
    }
  }

  /** The numbers of the calls since {@link #arm} that change something. */
  public static List<Integer> changes(List<Call> calls) {
    List<Integer> numbers = new ArrayList<>();
    for (Call call : calls) {
      if (call.kind().isChange()) {
        numbers.add(call.number());
      }
    }
    return Collections.unmodifiableList(numbers);
  }
}
