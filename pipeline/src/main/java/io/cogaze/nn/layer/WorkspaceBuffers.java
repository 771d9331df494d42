package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.AlignedArrays;
import io.cogaze.nn.kernel.Arena;
import io.cogaze.nn.kernel.Buffers;
import java.util.Arrays;
import java.util.Optional;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Aligned memory with the lives of Deeplearning4j's workspaces: FLOAT from the arena, other types
 * from the workspaces themselves.
 */
record WorkspaceBuffers(LayerWorkspaceMgr workspaces, ArrayType result, ArrayType scratch)
    implements Buffers {

  static Buffers forward(LayerWorkspaceMgr workspaces) {
    return new WorkspaceBuffers(workspaces, ArrayType.ACTIVATIONS, ArrayType.FF_WORKING_MEM);
  }

  static Buffers backward(LayerWorkspaceMgr workspaces) {
    return new WorkspaceBuffers(workspaces, ArrayType.ACTIVATION_GRAD, ArrayType.BP_WORKING_MEM);
  }

  @Override
  public INDArray result(DataType type, long... shape) {
    return create(result, type, shape);
  }

  @Override
  public INDArray scratch(DataType type, long... shape) {
    return create(scratch, type, shape);
  }

  @Override
  public Optional<INDArray> growing(DataType type, long capacity, long... shape) {
    return type != DataType.FLOAT || workspaces.isScopedOut(result)
        ? Optional.empty()
        : Optional.of(Arena.growing(workspace(result), capacity, shape));
  }

  @Override
  public Optional<INDArray> grown(INDArray array, long... shape) {
    return workspaces.isScopedOut(result)
        ? Optional.empty()
        : Arena.grown(workspace(result), array, shape);
  }

  @Override
  public Optional<INDArray> cut(INDArray array, long... shape) {
    return workspaces.isScopedOut(result)
        ? Optional.empty()
        : Arena.cut(workspace(result), array, shape);
  }

  private MemoryWorkspace workspace(ArrayType use) {
    return Nd4j.getWorkspaceManager()
        .getWorkspaceForCurrentThread(
            workspaces.getConfiguration(use), workspaces.getWorkspaceName(use));
  }

  private INDArray create(ArrayType use, DataType type, long... shape) {
    if (type == DataType.FLOAT && !workspaces.isScopedOut(use)) {
      return Arena.take(workspace(use), shape);
    }
    return AlignedArrays.create(
        shape, length -> workspaces.createUninitialized(use, type, new long[] {length}, 'c'));
  }

  /**
   * The array itself, or a copy in the open workspace when it is a view that kernels do not take.
   * Errors: IllegalArgumentException that names the owner, when the array is no activation or of
   * another type than its network.
   */
  static INDArray activation(String owner, DataType type, INDArray array) {
    if (array.dataType() != type) {
      throw new IllegalArgumentException(
          owner + " takes " + type + ", it was given " + array.dataType());
    }
    if (Activations.isDense(array)) {
      return array;
    }
    INDArray copy = array.dup('c');
    if (!Activations.isDense(copy)) {
      throw new IllegalArgumentException(
          owner
              + " takes [N,C,H,W] or [N,C], it was given an array of shape "
              + Arrays.toString(array.shape()));
    }
    return copy;
  }
}
