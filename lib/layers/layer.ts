/**
 * The contract of a layer.
 *
 * @module
 */
import type { ParameterSpec } from "../parameters.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Layout, Shape } from "../shape.ts";

/** A parameter on the device, and where its gradient goes. */
export interface Parameter {
  /** The values. */
  readonly value: Tensor;
  /** The gradient of the loss with respect to them; the pullback writes all of it. */
  readonly gradient: Tensor;
}

/** What a layer's pullback is asked for. */
export interface PullbackOptions {
  /** Whether anybody needs the gradient of the input; the first layer of a network is spared it. */
  readonly needsInput: boolean;
}

/** The result of recording a layer forward: its output, and how to record its derivative. */
export interface Applied<In extends Layout, Out extends Layout> {
  /** The output. */
  readonly y: Tensor<Shape<Out>>;
  /**
   * Records the gradients of `⟨dy, y⟩`: writes those of the parameters into their places and
   * returns that of the input, unless nobody needs it.
   */
  pullback(dy: Tensor<Shape<Out>>, options: PullbackOptions): Tensor<Shape<In>> | undefined;
}

/** What a layer may know of the program that it is recorded into. */
export interface ApplyContext {
  /** Where to record. */
  readonly record: Recorder;
  /** The layer's parameters by their short names. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** Whether the program trains; dropout and the like rest otherwise. */
  readonly training: boolean;
  /** The numbers of the current step: seed, step, first example. See `kernels/step.wgsl.ts`. */
  readonly step: Tensor;
}

/** Numbers, lists of numbers and words by name. */
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/**
 * A layer: plain data that says what it takes, gives, owns and dispatches. Stateless.
 *
 * @example `y = x²`: a layer of one's own
 * ```ts
 * import { Device, Inference, type Layer, sequential, type Shape, sizeOf } from "@tower/nn";
 * import { elementwise } from "@tower/nn/kernels";
 * import { checkLayerGradients } from "@tower/nn/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const square: Layer<"NC", "NC"> = {
 *   name: "square",
 *   kind: "square",
 *   input: "NC",
 *   output: "NC",
 *   outputShape: (x) => x,
 *   parameters: () => ({}),
 *   multiplyAdds: () => 0,
 *   apply(x, { record }) {
 *     const size = sizeOf(x.shape);
 *     const y = record.activation<Shape<"NC">>(x.shape, "y");
 *     const forward = "y[i] = vec4<real>(vec4f(x[i]) * vec4f(x[i]));";
 *     record.dispatch(elementwise("square", size, ["x", "y"], forward), { x, y });
 *     return {
 *       y,
 *       pullback(dy, { needsInput }) {
 *         if (!needsInput) return;
 *         const dx = record.activation<Shape<"NC">>(x.shape, "dx");
 *         const backward = "dx[i] = vec4<real>(2f * vec4f(x[i]) * vec4f(dy[i]));";
 *         const gradient = elementwise("square_gradient", size, ["x", "dy", "dx"], backward);
 *         record.dispatch(gradient, { x, dy, dx });
 *         return dx;
 *       },
 *     };
 *   },
 * };
 * using device = await Device.open();
 * await checkLayerGradients(device, square, { shape: [3, 5] });
 * const model = sequential([2], [square]);
 * using inference = await Inference.create(device, { model, parameters: new Float32Array() });
 * assertEquals([...await inference.run(Float32Array.of(3, -4))], [9, 16]);
 * ```
 */
export interface Layer<In extends Layout = Layout, Out extends Layout = Layout> {
  /** Its name in the model; unique there if it owns anything. */
  readonly name: string;
  /** The operation, such as `conv2d`. */
  readonly kind: string;
  /** The layout it takes. */
  readonly input: In;
  /** The layout it gives. */
  readonly output: Out;
  /**
   * The shape of its output.
   *
   * @throws {ShapeError} if it cannot take such an input
   */
  outputShape(x: Shape<In>): Shape<Out>;
  /** What it owns, for an input of this shape, by short names such as `weights`. */
  parameters(x: Shape<In>): Readonly<Record<string, ParameterSpec>>;
  /**
   * What else decides what it computes, as plain data by names such as `stride`, for those who write it in
   * another form; windows with what they are for an input of this shape. Default: nothing does.
   */
  attributes?(x: Shape<In>): Attributes;
  /** The layers that it is made of, if it is: chains of what it takes, whose results it adds. */
  readonly branches?: readonly (readonly Layer[])[];
  /** Multiply-adds of one forward run. */
  multiplyAdds(x: Shape<In>): number;
  /** Records it. */
  apply(x: Tensor<Shape<In>>, context: ApplyContext): Applied<In, Out>;
}
