import { crc32c } from "./crc32c.ts";

// TensorBoard reads files of records (TFRecord), each an `Event` in the encoding of protocol buffers. Its fields, from
// tensorflow/core/util/event.proto and framework/summary.proto:
//   Event:   wall_time = 1 (double), step = 2 (int64), file_version = 3 (string), summary = 5 (Summary)
//   Summary: value = 1 (Value);  Value: tag = 1 (string), simple_value = 2 (float)

const text = new TextEncoder();

/** An unsigned integer, seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
  return bytes;
}

/** How a field's value is written: as a varint, 8 bytes, bytes with their length, or 4 bytes. */
const WIRE = { varint: 0, double: 1, bytes: 2, float: 5 };

const key = (field: number, wire: number): number[] => varint((field << 3) | wire);

const doubleField = (field: number, value: number): number[] => [
  ...key(field, WIRE.double),
  ...new Uint8Array(Float64Array.of(value).buffer),
];

const floatField = (field: number, value: number): number[] => [
  ...key(field, WIRE.float),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

const bytesField = (field: number, bytes: ArrayLike<number>): number[] => [
  ...key(field, WIRE.bytes),
  ...varint(bytes.length),
  ...Array.from(bytes),
];

/** A record with the checksums of its length and contents, which are masked as their definition says. */
function record(contents: ArrayLike<number>): Uint8Array {
  const data = Uint8Array.from(contents);
  const out = new Uint8Array(data.byteLength + 16);
  const view = new DataView(out.buffer);
  const masked = (bytes: Uint8Array): number => {
    const crc = crc32c(bytes);
    return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  };
  view.setBigUint64(0, BigInt(data.byteLength), true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.byteLength, masked(data), true);
  return out;
}

/** The first record of a file. */
export const versionRecord = (seconds: number): Uint8Array =>
  record([...doubleField(1, seconds), ...bytesField(3, text.encode("brain.Event:2"))]);

/** Values by their tags, at a step and a time in seconds since 1970. */
export function scalarRecord(
  values: Readonly<Record<string, number>>,
  step: number,
  seconds: number,
): Uint8Array {
  const summary = Object.entries(values).flatMap(([tag, value]) =>
    bytesField(1, [...bytesField(1, text.encode(tag)), ...floatField(2, value)]),
  );
  return record([
    ...doubleField(1, seconds),
    ...key(2, WIRE.varint),
    ...varint(step),
    ...bytesField(5, summary),
  ]);
}
