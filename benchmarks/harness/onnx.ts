// Just enough of ONNX's format (https://onnx.ai, onnx.proto) to write a model of float32: Protocol Buffers
// are lists of fields, each a number and a wire type followed by an integer or by counted bytes.

const INTEGER = 0;
const BYTES = 2;

/** Pieces of a message, in order. */
type Message = readonly Uint8Array[];

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low + 128 : low);
  } while (value > 0);
  return Uint8Array.from(bytes);
}

const integer = (field: number, value: number): Uint8Array[] => [
  varint(field * 8 + INTEGER),
  varint(value),
];

const bytes = (field: number, value: Uint8Array): Uint8Array[] => [
  varint(field * 8 + BYTES),
  varint(value.length),
  value,
];

const text = (field: number, value: string): Uint8Array[] =>
  bytes(field, new TextEncoder().encode(value));

const message = (field: number, value: Message): Uint8Array[] => bytes(field, joined(value));

function joined(parts: Message): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;
/** The version of the operators' definitions, and that of the format which came with it. */
const OPERATORS = 17;
const FORMAT = 8;

/** An operator with one output. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Attributes: integers and lists of them. */
  readonly ints: Readonly<Record<string, number | readonly number[]>>;
}

function attribute(name: string, value: number | readonly number[]): Message {
  if (typeof value === "number")
    return [...text(1, name), ...integer(3, value), ...integer(20, ATTRIBUTE_INT)];
  return [
    ...text(1, name),
    ...value.flatMap((entry) => integer(8, entry)),
    ...integer(20, ATTRIBUTE_INTS),
  ];
}

const node = ({ op, inputs, output, ints }: Node): Message => [
  ...inputs.flatMap((name) => text(1, name)),
  ...text(2, output),
  ...text(3, output),
  ...text(4, op),
  ...Object.entries(ints).flatMap(([name, value]) => message(5, attribute(name, value))),
];

/** A tensor of float32 that is part of the model. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const weight = ({ name, shape, data }: Weight): Message => [
  ...shape.flatMap((size) => integer(1, size)),
  ...integer(2, FLOAT),
  ...text(8, name),
  // The format wants little-endian numbers, which is what typed arrays hold on all machines that run this.
  ...bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
];

/** An input or output of the model. */
export interface Port {
  readonly name: string;
  readonly shape: readonly number[];
}

function port({ name, shape }: Port): Message {
  const dimensions = shape.flatMap((size) => message(1, integer(1, size)));
  const tensor = [...integer(1, FLOAT), ...message(2, dimensions)];
  return [...text(1, name), ...message(2, message(1, tensor))];
}

/** A model as the bytes of a file. */
export function onnxModel(graph: {
  readonly nodes: readonly Node[];
  readonly weights: readonly Weight[];
  readonly input: Port;
  readonly output: Port;
}): Uint8Array {
  const body = [
    ...graph.nodes.flatMap((each) => message(1, node(each))),
    ...text(2, "graph"),
    ...graph.weights.flatMap((each) => message(5, weight(each))),
    ...message(11, port(graph.input)),
    ...message(12, port(graph.output)),
  ];
  return joined([
    ...integer(1, FORMAT),
    ...text(2, "nabla-benchmarks"),
    ...message(7, body),
    ...message(8, integer(2, OPERATORS)),
  ]);
}
