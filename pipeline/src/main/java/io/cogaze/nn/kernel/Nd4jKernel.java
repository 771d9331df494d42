package io.cogaze.nn.kernel;

import io.cogaze.nn.kernel.ConvolutionShape.Extent;
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
import org.nd4j.linalg.indexing.INDArrayIndex;
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

  /** Values that are summed in float32. */
  private static final long LONGEST_SUM = 128;

  private static final int EXPLICIT_PADDING = 0;
  private static final int NCHW = 0;

  private static final int POOL_EXCLUDING_PADDING = 0;

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Layout layout(DataType type, long channels) {
    return Layout.PLAIN;
  }

  @Override
  public INDArray convolution(
      ConvolutionShape s, INDArray x, INDArray w, INDArray b, Buffers buffers) {
    if (isDilated(s)) {
      return convolution(dense(s), x, spread(s, w, buffers), b, buffers);
    }
    INDArray input = Activations.plain(x, buffers);
    Form out =
        Form.of(input)
            .channels(w.size(0), Layout.PLAIN)
            .size(s.outputHeight(input.size(2)), s.outputWidth(input.size(3)));
    INDArray y = out.create(buffers);
    DynamicCustomOp.DynamicCustomOpsBuilder op = DynamicCustomOp.builder("conv2d");
    if (b == null) {
      op.addInputs(input, w);
    } else {
      op.addInputs(input, w, b);
    }
    Nd4j.exec(arguments(op, s).addOutputs(y).build());
    return y;
  }

  @Override
  public INDArray convolutionRelu(
      ConvolutionShape s, INDArray x, INDArray w, INDArray b, Buffers buffers) {
    INDArray y = convolution(s, x, w, b, buffers);
    return Nd4j.exec(new RectifiedLinear(y, y));
  }

  @Override
  public INDArray convolutionBackwardData(
      ConvolutionShape s, INDArray w, INDArray dy, Form input, Buffers buffers) {
    if (isDilated(s)) {
      return convolutionBackwardData(dense(s), spread(s, w, buffers), dy, input, buffers);
    }
    INDArray gradient = Activations.plain(dy, buffers);
    INDArray dx = input.as(Layout.PLAIN).create(buffers);
    if (isTransposed(s, dy, input)) {
      Nd4j.exec(
          arguments(DynamicCustomOp.builder("deconv2d").addInputs(gradient, w), s)
              .addOutputs(dx)
              .build());
      return Activations.in(input, dx, buffers);
    }
    // The operation has no form without the weights' gradient, and reads an input it does not need.
    INDArray x = input.as(Layout.PLAIN).scratch(buffers).assign(0);
    INDArray dw = buffers.scratch(w.dataType(), w.shape());
    Nd4j.exec(
        arguments(
                DynamicCustomOp.builder("conv2d_bp").addInputs(x, w, gradient).addOutputs(dx, dw),
                s)
            .build());
    return Activations.in(input, dx, buffers);
  }

  @Override
  public void convolutionBackwardWeights(
      ConvolutionShape s, INDArray x, INDArray dy, INDArray dw, INDArray db, Buffers buffers) {
    if (isDilated(s)) {
      INDArray spread = spread(s, dw.assign(0), buffers);
      convolutionBackwardWeights(dense(s), x, dy, spread, db, buffers);
      dw.assign(kept(s, spread));
      return;
    }
    INDArray input = Activations.plain(x, buffers);
    INDArray gradient = Activations.plain(dy, buffers);
    if (dw.length() / dw.size(0) <= FEW_WEIGHTS) {
      weightGradients(s, input, gradient, dw, db, buffers);
      return;
    }
    INDArray dx = buffers.scratch(x.dataType(), input.shape());
    INDArray w = buffers.scratch(dw.dataType(), dw.shape()).assign(0);
    DynamicCustomOp.DynamicCustomOpsBuilder op = DynamicCustomOp.builder("conv2d_bp");
    if (db == null) {
      op.addInputs(input, w, gradient).addOutputs(dx, dw);
    } else {
      op.addInputs(input, w, buffers.scratch(db.dataType(), db.shape()).assign(0), gradient)
          .addOutputs(dx, dw, db);
    }
    Nd4j.exec(arguments(op, s).build());
  }

  private static boolean isDilated(ConvolutionShape s) {
    return s.dilation().height() > 1 || s.dilation().width() > 1;
  }

  /** The same window, its holes filled. ND4J's dilated convolution in float32 fails. */
  private static ConvolutionShape dense(ConvolutionShape s) {
    Extent kernel =
        new Extent(
            (s.kernel().height() - 1) * s.dilation().height() + 1,
            (s.kernel().width() - 1) * s.dilation().width() + 1);
    return new ConvolutionShape(kernel, s.stride(), s.padding(), Extent.of(1));
  }

  /** The weights of {@link #dense}: zeros between those of the dilated window. */
  private static INDArray spread(ConvolutionShape s, INDArray w, Buffers buffers) {
    Extent kernel = dense(s).kernel();
    INDArray spread =
        buffers.scratch(w.dataType(), w.size(0), w.size(1), kernel.height(), kernel.width());
    spread.assign(0);
    kept(s, spread).assign(w);
    return spread;
  }

  /** The view of the dilated window's weights in those of {@link #dense}. */
  private static INDArray kept(ConvolutionShape s, INDArray spread) {
    return spread.get(
        NDArrayIndex.all(),
        NDArrayIndex.all(),
        kept(s.kernel().height(), s.dilation().height(), spread.size(2)),
        kept(s.kernel().width(), s.dilation().width(), spread.size(3)));
  }

  /** ND4J takes no step that is longer than the axis. */
  private static INDArrayIndex kept(int kernel, int dilation, long size) {
    return kernel == 1 ? NDArrayIndex.all() : NDArrayIndex.interval(0, dilation, size);
  }

  /** Whether the transposed convolution of the output has the size of the input. */
  private static boolean isTransposed(ConvolutionShape s, INDArray dy, Form input) {
    return Activations.height(dy) * s.stride().height() - s.stride().height()
            == input.height()
                + 2L * s.padding().height()
                - (s.kernel().height() - 1L) * s.dilation().height()
                - 1
        && Activations.width(dy) * s.stride().width() - s.stride().width()
            == input.width()
                + 2L * s.padding().width()
                - (s.kernel().width() - 1L) * s.dilation().width()
                - 1;
  }

  /** Gradients of the weights alone, as matrix products of the output's gradient and patches. */
  private static void weightGradients(
      ConvolutionShape s, INDArray x, INDArray dy, INDArray dw, INDArray db, Buffers buffers) {
    long patch = dw.length() / dw.size(0);
    long area = dy.size(2) * dy.size(3);
    INDArray patches =
        buffers.scratch(
            x.dataType(),
            x.size(0),
            x.size(1),
            s.kernel().height(),
            s.kernel().width(),
            dy.size(2),
            dy.size(3));
    Nd4j.exec(
        DynamicCustomOp.builder("im2col")
            .addInputs(x)
            .addOutputs(patches)
            .addIntegerArguments(
                s.kernel().height(),
                s.kernel().width(),
                s.stride().height(),
                s.stride().width(),
                s.padding().height(),
                s.padding().width(),
                s.dilation().height(),
                s.dilation().width(),
                EXPLICIT_PADDING)
            .addFloatingPointArguments(0.0)
            .build());
    // Column-major [patch, O] is the same memory as row-major [O, patch].
    INDArray sum = Nd4j.createUninitialized(x.dataType(), new long[] {patch, dw.size(0)}, 'f');
    for (long n = 0; n < x.size(0); n++) {
      INDArray columns = example(patches, n, patch, area);
      INDArray gradient = example(dy, n, dy.size(1), area);
      Nd4j.gemm(columns, gradient, sum, false, true, 1, n == 0 ? 0 : 1);
    }
    dw.assign(sum.transpose().reshape('c', dw.shape()));
    if (db != null) {
      HostValues.write(perChannel(segments(dy).sum(1), (int) dy.size(0), (int) dy.size(1)), db);
    }
  }

  /** One example of a plain array as a matrix. */
  private static INDArray example(INDArray array, long n, long rows, long columns) {
    return Nd4j.create(
        array.data(),
        new long[] {rows, columns},
        new long[] {columns, 1},
        array.offset() + n * rows * columns,
        'c');
  }

  private static DynamicCustomOp.DynamicCustomOpsBuilder arguments(
      DynamicCustomOp.DynamicCustomOpsBuilder op, ConvolutionShape s) {
    return op.addIntegerArguments(
        s.kernel().height(),
        s.kernel().width(),
        s.stride().height(),
        s.stride().width(),
        s.padding().height(),
        s.padding().width(),
        s.dilation().height(),
        s.dilation().width(),
        EXPLICIT_PADDING,
        NCHW,
        WEIGHTS_OIHW);
  }

  @Override
  public Normalised batchNorm(
      INDArray input,
      INDArray gamma,
      INDArray beta,
      double epsilon,
      boolean relu,
      Buffers buffers) {
    INDArray x = Activations.plain(input, buffers);
    INDArray y = Form.of(x).create(buffers);
    int n = (int) x.size(0);
    int c = (int) x.size(1);
    long count = x.length() / c;
    INDArray rows = rows(x);
    INDArray out = rows(y);
    double[] mean = perChannel(segments(x).sum(1), n, c);
    for (int i = 0; i < c; i++) {
      mean[i] /= count;
    }
    DataType type = x.dataType();
    // Centring first keeps the variance exact where the mean is large.
    Nd4j.exec(new BroadcastSubOp(rows, perRow(mean, n, type), out, 0));
    double[] variance = perChannel(sumOfSquares(segments(y)), n, c);
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
    return new Normalised(y, new BatchStatistics(mean, variance, inverse, count), null);
  }

  /** ND4J hands back x, not its square, where a row holds a single value. */
  private static INDArray sumOfSquares(INDArray rows) {
    return rows.size(1) == 1
        ? rows.mul(rows)
        : Nd4j.exec(new SquaredNorm(rows, Nd4j.create(rows.dataType(), rows.size(0)), false, 1));
  }

  @Override
  public INDArray batchNormInference(
      INDArray input, double[] scale, double[] shift, boolean relu, Buffers buffers) {
    INDArray x = Activations.plain(input, buffers);
    INDArray y = Form.of(x).create(buffers);
    int n = (int) x.size(0);
    INDArray out = rows(y);
    Nd4j.exec(new BroadcastMulOp(rows(x), perRow(scale, n, x.dataType()), out, 0));
    out.addiColumnVector(perRow(shift, n, x.dataType()));
    if (relu) {
      Nd4j.exec(new RectifiedLinear(out, out));
    }
    return y;
  }

  @Override
  public INDArray batchNormBackward(
      INDArray input,
      Normalised forward,
      INDArray gamma,
      double epsilon,
      boolean relu,
      INDArray outputGradient,
      INDArray dgamma,
      INDArray dbeta,
      Buffers buffers) {
    BatchStatistics statistics = forward.statistics();
    INDArray x = Activations.plain(input, buffers);
    INDArray dy = Activations.plain(outputGradient, buffers);
    INDArray dx = Form.of(x).create(buffers);
    int n = (int) x.size(0);
    int c = (int) x.size(1);
    DataType type = x.dataType();
    if (relu) {
      // The gradient's array serves as scratch before it is filled.
      Nd4j.exec(new Step(forward.y(), dx));
      dy.muli(dx);
    }
    INDArray gradient = rows(dy);
    INDArray out = rows(dx);
    double[] sum = perChannel(segments(dy).sum(1), n, c);
    Nd4j.exec(new BroadcastSubOp(rows(x), perRow(statistics.mean(), n, type), out, 0));
    double[] product = perChannel(Nd4j.exec(new Dot(segments(dy), segments(dx), null, 1)), n, c);
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
    return Activations.in(Form.of(input), dx, buffers);
  }

  @Override
  public MaxPooled maxPool(ConvolutionShape s, INDArray x, Buffers buffers) {
    INDArray input = Activations.plain(x, buffers);
    INDArray y = pooled(s, input, buffers);
    Nd4j.exec(pooling("maxpool2d", s).addInputs(input).addOutputs(y).build());
    return new MaxPooled(y, null);
  }

  @Override
  public INDArray maxPoolBackward(
      ConvolutionShape s, INDArray x, MaxPooled forward, INDArray dy, Buffers buffers) {
    INDArray input = Activations.plain(x, buffers);
    INDArray dx = Form.of(input).create(buffers);
    Nd4j.exec(
        pooling("maxpool2d_bp", s)
            .addInputs(input, Activations.plain(dy, buffers))
            .addOutputs(dx)
            .build());
    return Activations.in(Form.of(x), dx, buffers);
  }

  @Override
  public INDArray averagePool(ConvolutionShape s, INDArray x, Buffers buffers) {
    INDArray input = Activations.plain(x, buffers);
    INDArray y = pooled(s, input, buffers);
    Nd4j.exec(pooling("avgpool2d", s).addInputs(input).addOutputs(y).build());
    return y;
  }

  @Override
  public INDArray averagePoolBackward(
      ConvolutionShape s, Form input, INDArray dy, Buffers buffers) {
    INDArray dx = input.as(Layout.PLAIN).create(buffers);
    Nd4j.exec(
        pooling("avgpool2d_bp", s)
            .addInputs(dx, Activations.plain(dy, buffers))
            .addOutputs(dx)
            .build());
    return Activations.in(input, dx, buffers);
  }

  private static INDArray pooled(ConvolutionShape s, INDArray x, Buffers buffers) {
    return Form.of(x).size(s.outputHeight(x.size(2)), s.outputWidth(x.size(3))).create(buffers);
  }

  @Override
  public INDArray globalAverage(INDArray x, Buffers buffers) {
    INDArray input = Activations.plain(x, buffers);
    double[] means = HostValues.doubles(rows(input).sum(1));
    double area = input.size(2) * (double) input.size(3);
    for (int i = 0; i < means.length; i++) {
      means[i] /= area;
    }
    INDArray y = buffers.result(x.dataType(), input.size(0), input.size(1));
    HostValues.write(means, y);
    return y;
  }

  @Override
  public INDArray globalAverageBackward(Form input, INDArray dy, Buffers buffers) {
    INDArray dx = input.as(Layout.PLAIN).create(buffers).assign(0);
    double[] gradient = HostValues.doubles(dy);
    double area = input.height() * (double) input.width();
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] /= area;
    }
    rows(dx).addiColumnVector(column(gradient, input.type()));
    return Activations.in(input, dx, buffers);
  }

  @Override
  public INDArray scaleChannels(
      INDArray x, double[] scale, double[] shift, Form output, Buffers buffers) {
    INDArray input = Activations.plain(x, buffers);
    INDArray y = Form.of(input).create(buffers);
    DataType type = x.dataType();
    Nd4j.exec(new BroadcastMulOp(rows(input), column(scale, type), rows(y), 0));
    rows(y).addiColumnVector(column(shift, type));
    return Activations.in(output, y, buffers);
  }

  @Override
  public double[] channelProducts(INDArray a, INDArray b, Buffers buffers) {
    INDArray left = rows(Activations.plain(a, buffers));
    INDArray right = rows(Activations.plain(b, buffers));
    return HostValues.doubles(Nd4j.exec(new Dot(left, right, null, 1)));
  }

  private static INDArray column(double[] values, DataType type) {
    return HostValues.create(values, type, values.length, 1);
  }

  private static DynamicCustomOp.DynamicCustomOpsBuilder pooling(String name, ConvolutionShape s) {
    return DynamicCustomOp.builder(name)
        .addIntegerArguments(
            s.kernel().height(),
            s.kernel().width(),
            s.stride().height(),
            s.stride().width(),
            s.padding().height(),
            s.padding().width(),
            s.dilation().height(),
            s.dilation().width(),
            EXPLICIT_PADDING,
            POOL_EXCLUDING_PADDING,
            NCHW);
  }

  @Override
  public INDArray upsample2(INDArray x, Buffers buffers) {
    INDArray input = Activations.plain(x, buffers);
    INDArray y = Form.of(input).size(2 * input.size(2), 2 * input.size(3)).create(buffers);
    Nd4j.exec(
        DynamicCustomOp.builder("upsampling2d")
            .addIntegerArguments(2, 2, 1)
            .addInputs(input)
            .addOutputs(y)
            .build());
    return y;
  }

  @Override
  public INDArray upsample2Backward(Form input, INDArray dy, Buffers buffers) {
    INDArray dx = input.as(Layout.PLAIN).create(buffers);
    Nd4j.exec(
        DynamicCustomOp.builder("upsampling2d_bp")
            .addIntegerArguments(1)
            .addInputs(dx, Activations.plain(dy, buffers))
            .addOutputs(dx)
            .build());
    return Activations.in(input, dx, buffers);
  }

  @Override
  public INDArray addRelu(INDArray a, INDArray b, Buffers buffers) {
    INDArray left = Activations.plain(a, buffers);
    INDArray y = Form.of(left).create(buffers);
    // Vectors come with two axes, but their sum is made with four.
    long[] shape = y.shape();
    left.reshape(shape).addi(Activations.plain(b, buffers).reshape(shape), y);
    Nd4j.exec(new RectifiedLinear(y, y));
    return y;
  }

  @Override
  public INDArray reluBackward(INDArray y, INDArray dy, Form input, Buffers buffers) {
    INDArray dx = input.as(Layout.PLAIN).create(buffers);
    // Five times faster than relu_bp.
    Nd4j.exec(new Step(Activations.plain(y, buffers), dx));
    dx.muli(Activations.plain(dy, buffers));
    return Activations.in(input, dx, buffers);
  }

  @Override
  public INDArray concat(INDArray[] xs, Buffers buffers) {
    INDArray[] inputs = new INDArray[xs.length];
    long channels = 0;
    for (int i = 0; i < xs.length; i++) {
      inputs[i] = Activations.plain(xs[i], buffers);
      channels += inputs[i].size(1);
    }
    INDArray y = Form.of(inputs[0]).channels(channels, Layout.PLAIN).create(buffers);
    Nd4j.exec(
        DynamicCustomOp.builder("concat")
            .addIntegerArguments(1)
            .addInputs(inputs)
            .addOutputs(y)
            .build());
    return y;
  }

  @Override
  public INDArray[] split(INDArray dy, Form[] inputs, Buffers buffers) {
    INDArray gradient = Activations.plain(dy, buffers);
    INDArray[] dxs = new INDArray[inputs.length];
    long from = 0;
    for (int i = 0; i < dxs.length; i++) {
      INDArray part = inputs[i].as(Layout.PLAIN).create(buffers);
      long[] size = gradient.shape().clone();
      size[1] = inputs[i].channels();
      int[] place = new int[2 * size.length];
      place[1] = Math.toIntExact(from);
      for (int axis = 0; axis < size.length; axis++) {
        place[size.length + axis] = Math.toIntExact(size[axis]);
      }
      // Not by a view: those of the only row of a matrix are empty at times.
      Nd4j.exec(
          DynamicCustomOp.builder("slice")
              .addIntegerArguments(place)
              .addInputs(gradient)
              .addOutputs(part.reshape(size))
              .build());
      dxs[i] = Activations.in(inputs[i], part, buffers);
      from += size[1];
    }
    return dxs;
  }

  /** [N,C,H,W] as [N*C, H*W]. */
  private static INDArray rows(INDArray array) {
    long rows = array.size(0) * array.size(1);
    return array.reshape('c', rows, array.length() / rows);
  }

  /**
   * [N,C,H,W] as [N*C*k, H*W/k] with short rows: ND4J adds up a row in its own type, one value
   * after the other, and loses digits where a row is long.
   */
  private static INDArray segments(INDArray array) {
    long area = array.length() / (array.size(0) * array.size(1));
    long length = Math.min(area, LONGEST_SUM);
    while (area % length != 0) {
      length--;
    }
    return array.reshape('c', array.length() / length, length);
  }

  /** Sums of values [N*C*k] over N and k, in float64. */
  private static double[] perChannel(INDArray perSegment, int n, int c) {
    double[] segments = HostValues.doubles(perSegment);
    int each = segments.length / (n * c);
    double[] channels = new double[c];
    for (int i = 0; i < segments.length; i++) {
      channels[i / each % c] += segments[i];
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
