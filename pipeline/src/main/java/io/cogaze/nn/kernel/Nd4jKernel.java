package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.reduce.floating.SquaredNorm;
import org.nd4j.linalg.api.ops.impl.reduce3.Dot;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinear;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The reference: ND4J's own operations, on every back end that ND4J has. Its convolutions reach
 * oneDNN on the CPU for float32; its batch normalisation is written as row sums and broadcasts,
 * because ND4J's own is several times slower.
 */
final class Nd4jKernel implements Kernel {
  /** Weights as [O,I,k,k]; explicit padding; data as [N,C,H,W]. */
  private static final int WEIGHTS_OIHW = 1;

  /** Up to this many weights an output channel, patches and a product beat the whole backward. */
  private static final int FEW_WEIGHTS = 27;

  private static final int EXPLICIT_PADDING = 0;
  private static final int NCHW = 0;

  private static final int POOL_EXCLUDING_PADDING = 0;

  @Override
  public void convolution(ConvolutionShape s, INDArray x, INDArray w, INDArray b, INDArray y) {
    DynamicCustomOp.DynamicCustomOpsBuilder op = DynamicCustomOp.builder("conv2d");
    if (b == null) {
      op.addInputs(x, w);
    } else {
      op.addInputs(x, w, b);
    }
    Nd4j.exec(arguments(op, s).addOutputs(y).build());
  }

  @Override
  public void convolutionBackward(
      ConvolutionShape s,
      INDArray x,
      INDArray w,
      INDArray b,
      INDArray dy,
      INDArray dx,
      INDArray dw,
      INDArray db) {
    if (dx == null && w.length() / w.size(0) <= FEW_WEIGHTS) {
      weightGradients(s, x, dy, dw, db);
      return;
    }
    // The operation has no form without the input's gradient.
    INDArray inputGradient = dx != null ? dx : Nd4j.createUninitialized(x.dataType(), x.shape());
    DynamicCustomOp.DynamicCustomOpsBuilder op = DynamicCustomOp.builder("conv2d_bp");
    if (b == null) {
      op.addInputs(x, w, dy).addOutputs(inputGradient, dw);
    } else {
      op.addInputs(x, w, b, dy).addOutputs(inputGradient, dw, db);
    }
    Nd4j.exec(arguments(op, s).build());
  }

  /** Gradients of the weights alone, as matrix products of the output's gradient and patches. */
  private static void weightGradients(
      ConvolutionShape s, INDArray x, INDArray dy, INDArray dw, INDArray db) {
    long patch = dw.length() / dw.size(0);
    long area = dy.size(2) * dy.size(3);
    INDArray patches =
        Nd4j.createUninitialized(
            x.dataType(),
            new long[] {x.size(0), x.size(1), s.kernel(), s.kernel(), dy.size(2), dy.size(3)},
            'c');
    Nd4j.exec(
        DynamicCustomOp.builder("im2col")
            .addInputs(x)
            .addOutputs(patches)
            .addIntegerArguments(
                s.kernel(),
                s.kernel(),
                s.stride(),
                s.stride(),
                s.padding(),
                s.padding(),
                1,
                1,
                EXPLICIT_PADDING)
            .addFloatingPointArguments(0.0)
            .build());
    // Column-major [patch, O] is the same memory as row-major [O, patch].
    INDArray sum = Nd4j.createUninitialized(x.dataType(), new long[] {patch, dw.size(0)}, 'f');
    for (long n = 0; n < x.size(0); n++) {
      INDArray columns = patches.slice(n).reshape('c', patch, area);
      INDArray gradient = dy.slice(n).reshape('c', dy.size(1), area);
      Nd4j.gemm(columns, gradient, sum, false, true, 1, n == 0 ? 0 : 1);
    }
    dw.assign(sum.transpose().reshape('c', dw.shape()));
    if (db != null) {
      HostValues.write(perChannel(rows(dy).sum(1), (int) dy.size(0), (int) dy.size(1)), db);
    }
  }

  private static DynamicCustomOp.DynamicCustomOpsBuilder arguments(
      DynamicCustomOp.DynamicCustomOpsBuilder op, ConvolutionShape s) {
    return op.addIntegerArguments(
        s.kernel(),
        s.kernel(),
        s.stride(),
        s.stride(),
        s.padding(),
        s.padding(),
        1,
        1,
        EXPLICIT_PADDING,
        NCHW,
        WEIGHTS_OIHW);
  }

  @Override
  public BatchStatistics batchNorm(
      INDArray x, INDArray gamma, INDArray beta, double epsilon, boolean relu, INDArray y) {
    int n = (int) x.size(0);
    int c = (int) x.size(1);
    long count = x.length() / c;
    INDArray rows = rows(x);
    INDArray out = rows(y);
    double[] mean = perChannel(rows.sum(1), n, c);
    for (int i = 0; i < c; i++) {
      mean[i] /= count;
    }
    DataType type = x.dataType();
    // Centring first keeps the variance exact where the mean is large.
    Nd4j.exec(new BroadcastSubOp(rows, perRow(mean, n, type), out, 0));
    double[] variance = perChannel(sumOfSquares(out), n, c);
    double[] inverse = new double[c];
    double[] scale = HostValues.doubles(gamma);
    for (int i = 0; i < c; i++) {
      variance[i] /= count;
      inverse[i] = 1 / Math.sqrt(variance[i] + epsilon);
      scale[i] *= inverse[i];
    }
    out.muliColumnVector(perRow(scale, n, type));
    out.addiColumnVector(perRow(HostValues.doubles(beta), n, type));
    if (relu) {
      Nd4j.exec(new RectifiedLinear(out, out));
    }
    return new BatchStatistics(mean, variance, inverse, count);
  }

  /** ND4J hands back x, not its square, where a row holds a single value. */
  private static INDArray sumOfSquares(INDArray rows) {
    return rows.size(1) == 1
        ? rows.mul(rows)
        : Nd4j.exec(new SquaredNorm(rows, Nd4j.create(rows.dataType(), rows.size(0)), 1));
  }

  @Override
  public void batchNormInference(
      INDArray x, double[] scale, double[] shift, boolean relu, INDArray y) {
    int n = (int) x.size(0);
    INDArray out = rows(y);
    Nd4j.exec(new BroadcastMulOp(rows(x), perRow(scale, n, x.dataType()), out, 0));
    out.addiColumnVector(perRow(shift, n, x.dataType()));
    if (relu) {
      Nd4j.exec(new RectifiedLinear(out, out));
    }
  }

  @Override
  public void batchNormBackward(
      INDArray x,
      INDArray y,
      INDArray gamma,
      BatchStatistics statistics,
      boolean relu,
      INDArray dy,
      INDArray dx,
      INDArray dgamma,
      INDArray dbeta) {
    int n = (int) x.size(0);
    int c = (int) x.size(1);
    DataType type = x.dataType();
    if (relu) {
      // The gradient's array serves as scratch before it is filled.
      Nd4j.exec(new Step(y, dx));
      dy.muli(dx);
    }
    INDArray gradient = rows(dy);
    INDArray out = rows(dx);
    double[] sum = perChannel(gradient.sum(1), n, c);
    Nd4j.exec(new BroadcastSubOp(rows(x), perRow(statistics.mean(), n, type), out, 0));
    double[] product = perChannel(Nd4j.exec(new Dot(gradient, out, null, 1)), n, c);
    double[] scale = HostValues.doubles(gamma);
    double[] slope = new double[c];
    double[] shift = new double[c];
    double[] gammaGradient = new double[c];
    for (int i = 0; i < c; i++) {
      double inverse = statistics.inverseDeviation()[i];
      gammaGradient[i] = product[i] * inverse;
      scale[i] *= inverse;
      slope[i] = -scale[i] * inverse * gammaGradient[i] / statistics.count();
      shift[i] = -scale[i] * sum[i] / statistics.count();
    }
    HostValues.write(gammaGradient, dgamma);
    HostValues.write(sum, dbeta);
    out.muliColumnVector(perRow(slope, n, type));
    out.addiColumnVector(perRow(shift, n, type));
    gradient.muliColumnVector(perRow(scale, n, type));
    out.addi(gradient);
  }

  @Override
  public void maxPool(ConvolutionShape s, INDArray x, INDArray y) {
    Nd4j.exec(pooling("maxpool2d", s).addInputs(x).addOutputs(y).build());
  }

  @Override
  public void maxPoolBackward(
      ConvolutionShape s, INDArray x, INDArray y, INDArray dy, INDArray dx) {
    Nd4j.exec(pooling("maxpool2d_bp", s).addInputs(x, dy).addOutputs(dx).build());
  }

  @Override
  public void averagePool2(INDArray x, INDArray y) {
    Nd4j.exec(pooling("avgpool2d", HALVING).addInputs(x).addOutputs(y).build());
  }

  @Override
  public void averagePool2Backward(INDArray dy, INDArray dx) {
    Nd4j.exec(pooling("avgpool2d_bp", HALVING).addInputs(dx, dy).addOutputs(dx).build());
  }

  private static final ConvolutionShape HALVING = new ConvolutionShape(2, 2, 0);

  private static DynamicCustomOp.DynamicCustomOpsBuilder pooling(String name, ConvolutionShape s) {
    return DynamicCustomOp.builder(name)
        .addIntegerArguments(
            s.kernel(),
            s.kernel(),
            s.stride(),
            s.stride(),
            s.padding(),
            s.padding(),
            1,
            1,
            EXPLICIT_PADDING,
            POOL_EXCLUDING_PADDING,
            NCHW);
  }

  @Override
  public void upsample2(INDArray x, INDArray y) {
    Nd4j.exec(
        DynamicCustomOp.builder("upsampling2d")
            .addIntegerArguments(2, 2, 1)
            .addInputs(x)
            .addOutputs(y)
            .build());
  }

  @Override
  public void upsample2Backward(INDArray dy, INDArray dx) {
    Nd4j.exec(
        DynamicCustomOp.builder("upsampling2d_bp")
            .addIntegerArguments(1)
            .addInputs(dx, dy)
            .addOutputs(dx)
            .build());
  }

  @Override
  public void addRelu(INDArray a, INDArray b, INDArray y) {
    a.addi(b, y);
    Nd4j.exec(new RectifiedLinear(y, y));
  }

  @Override
  public void reluBackward(INDArray y, INDArray dy, INDArray dx) {
    // Five times faster than relu_bp.
    Nd4j.exec(new Step(y, dx));
    dx.muli(dy);
  }

  @Override
  public void concat(INDArray[] xs, INDArray y) {
    Nd4j.exec(
        DynamicCustomOp.builder("concat")
            .addIntegerArguments(1)
            .addInputs(xs)
            .addOutputs(y)
            .build());
  }

  @Override
  public void split(INDArray dy, INDArray[] dxs, long[] channels) {
    long from = 0;
    for (int i = 0; i < dxs.length; i++) {
      if (dxs[i] != null) {
        dxs[i].assign(dy.get(NDArrayIndex.all(), NDArrayIndex.interval(from, from + channels[i])));
      }
      from += channels[i];
    }
  }

  /** [N,C,H,W] or [N,C] as [N*C, H*W]. */
  private static INDArray rows(INDArray array) {
    long rows = array.size(0) * array.size(1);
    return array.reshape('c', rows, array.length() / rows);
  }

  /** Sums over N of values [N*C]. */
  private static double[] perChannel(INDArray perRow, int n, int c) {
    double[] rows = HostValues.doubles(perRow);
    double[] channels = new double[c];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < c; j++) {
        channels[j] += rows[i * c + j];
      }
    }
    return channels;
  }

  /** Values [C] repeated to [N*C]. */
  private static INDArray perRow(double[] channels, int n, DataType type) {
    double[] rows = new double[n * channels.length];
    for (int i = 0; i < n; i++) {
      System.arraycopy(channels, 0, rows, i * channels.length, channels.length);
    }
    return HostValues.create(rows, type, rows.length, 1);
  }
}
