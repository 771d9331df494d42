package io.cogaze.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.error.InputException;
import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what a path holds. */
@Command(
    name = "inspect",
    header =
        "Says what a folder or file holds: a data set, shards, a run, a checkpoint, a DICOM file.",
    description =
        "Reads manifests and headers only, and checks that every file that a manifest lists is there.",
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze inspect shards --json",
    })
final class InspectCommand extends AbstractCommand {
  @Parameters(paramLabel = "PATH", description = "Folder or file; any Hadoop URI.")
  private String target;

  @Option(names = "--json", description = "Prints one JSON object, with all that is known.")
  private boolean json;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    return this::inspect;
  }

  private void inspect() throws IOException {
    Path path = Paths.path(target);
    FileSystem fileSystem = path.getFileSystem(Paths.hadoopConfiguration());
    if (!fileSystem.exists(path)) {
      throw new InputException(
          "Cannot inspect '" + target + "': there is nothing at " + path + ".");
    }
    ObjectNode found = new Inspector(fileSystem).inspect(path);
    if (json) {
      out().println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(found));
    } else {
      JsonOutline.print(out(), Inspector.brief(found));
    }
    out().flush();
  }
}
