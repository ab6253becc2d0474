/** The bytes of a safetensors file with this header, whatever it says. */
export function fileOf(
  header: string | object,
  data: Uint8Array | number = 0,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const contents = typeof data === "number" ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.byteLength + contents.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, 8);
  bytes.set(contents, 8 + text.byteLength);
  return bytes;
}

/** A file with one tensor of a format, from its bytes. */
export const fileWith = (
  format: string,
  shape: readonly number[],
  data: ArrayBufferView<ArrayBuffer>,
): Uint8Array =>
  fileOf(
    { x: { dtype: format, shape, data_offsets: [0, data.byteLength] } },
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
