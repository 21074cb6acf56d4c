/** Runs an ONNX file in ONNX Runtime: `run_onnx.ts MODEL INPUT OUTPUT NAME TYPE SIZES`; all permissions. */
import { InferenceSession, Tensor } from "onnxruntime-node";

const [model, input, output, name, type, sizes] = Deno.args;
const session = await InferenceSession.create(model);
const bytes = await Deno.readFile(input);
const data = type === "uint8" ? bytes : new Float32Array(bytes.buffer);
// deno-lint-ignore no-explicit-any -- one type of tensor for each type of data
const x = new Tensor(type as any, data as any, sizes.split(",").map(Number));
const { logits, probabilities } = await session.run({ [name]: x });
const all = [...logits.data as Float32Array, ...probabilities.data as Float32Array];
await Deno.writeFile(output, new Uint8Array(Float32Array.from(all).buffer));
