package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.shard.Compression;
import io.cogaze.shard.Example;
import io.cogaze.shard.Geometry;
import io.cogaze.shard.SaliencyTarget;
import io.cogaze.shard.ShardFixation;
import io.cogaze.shard.ShardTables;
import io.cogaze.shard.Split;
import io.cogaze.shard.StorageSettings;
import java.nio.file.Path;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Opens shards with a reader that shares no code with ours. */
class ShardFormatTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Compression.class)
  void duckDbReadsEveryColumnOfAShard(Compression compression) throws Exception {
    Path file = folder.resolve("shard.parquet");
    Configuration conf = new Configuration();
    ShardTables.EXAMPLES.writeAll(
        FileSystem.getLocal(conf),
        new org.apache.hadoop.fs.Path(file.toUri()),
        new StorageSettings(1, compression),
        List.of(example("a", true), example("b", false)));

    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select *, labels['CHF'] chf, labels['edema__chx'] edema, len(fixations) n,"
                    + " fixations[1].duration_ms ms, masks['left_lung'] mask"
                    + " from read_parquet('"
                    + file
                    + "') order by example_id")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString("example_id")).isEqualTo("a");
      assertThat(row.getString("split")).isEqualTo("valid");
      assertThat(row.getInt("height")).isEqualTo(1);
      assertThat(row.getInt("width")).isEqualTo(3);
      // 1, 258 and 65535 as unsigned 16-bit little endian.
      assertThat(bytes(row, "pixels")).containsExactly(1, 0, 2, 1, 0xFF, 0xFF);
      assertThat(bytes(row, "gaze")).containsExactly(0, 0, 0, 0x80, 0, 0x80);
      assertThat(row.getFloat("gaze_scale")).isEqualTo(1f / 65536);
      assertThat(row.getFloat("chf")).isEqualTo(1f);
      row.getFloat("edema");
      assertThat(row.wasNull()).isTrue();
      assertThat(row.getInt("n")).isEqualTo(1);
      assertThat(row.getFloat("ms")).isEqualTo(250f);
      assertThat(bytes(row, "mask")).containsExactly(0xA0);
      assertThat(row.getDouble("offset_x")).isEqualTo(-2.5);
      assertThat(row.next()).isTrue();
      assertThat(row.getObject("gaze")).isNull();
      assertThat(row.getObject("gaze_scale")).isNull();
      assertThat(row.next()).isFalse();
    }
  }

  private static int[] bytes(ResultSet row, String column) throws Exception {
    Blob blob = row.getBlob(column);
    byte[] bytes = blob.getBytes(1, (int) blob.length());
    int[] values = new int[bytes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes[i] & 0xFF;
    }
    return values;
  }

  private static Example example(String id, boolean gaze) {
    return new Example(
        id,
        id,
        "study",
        "patient",
        "egd-cxr",
        "",
        Split.VALID,
        1,
        3,
        new short[] {1, 258, (short) 65535},
        gaze
            ? Optional.of(
                new SaliencyTarget(new short[] {0, (short) 0x8000, (short) 0x8000}, 1f / 65536))
            : Optional.empty(),
        Map.of("left_lung", new byte[] {(byte) 0xA0}),
        Map.of("Normal", 0f, "CHF", 1f),
        List.of(new ShardFixation(1.5f, 0.5f, 100, 250)),
        new Geometry(6, 2, -2.5, 0, 2));
  }
}
