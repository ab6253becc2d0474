import {
  coerce,
  type DType,
  fromStored,
  isDType,
  isFloat,
  itemBytes,
  newArray,
  toStored,
  viewArray,
} from "../dtype.ts";
import { definePrimitive } from "../node.ts";
import { cast } from "../ops.ts";
import { sizeOf } from "../shape.ts";
import { batchElementwise, checkCount, ifFloat, showSpec } from "./common.ts";

definePrimitive({
  name: "cast",
  elementwise: true,
  infer(inputs, { dtype }) {
    checkCount("cast", inputs, 1);
    if (!isDType(dtype)) throw new TypeError(`cast: unknown dtype ${String(dtype)}`);
    return { shape: inputs[0].shape, dtype };
  },
  vjp(node, g) {
    const [x] = node.inputs;
    return [isFloat(x.dtype) ? cast(g, x.dtype) : undefined];
  },
  jvp: (node, [t]) => t && ifFloat(node, cast(t, node.dtype)),
  batch: batchElementwise,
  evaluate([x], { shape, dtype }) {
    const data = newArray(dtype, x.data.length);
    for (let i = 0; i < data.length; i++) data[i] = coerce(dtype, x.data[i]);
    return { shape, dtype, data };
  },
  cost: (node) => sizeOf(node.shape),
});

definePrimitive({
  name: "bitcast",
  elementwise: true,
  infer(inputs, attrs) {
    checkCount("bitcast", inputs, 1);
    const [x] = inputs;
    const dtype = attrs.dtype as DType;
    if (!isDType(dtype)) throw new TypeError(`bitcast: unknown dtype ${String(dtype)}`);
    if (itemBytes(dtype) !== itemBytes(x.dtype))
      throw new TypeError(
        `bitcast: widths differ, ${showSpec(x)} has ${itemBytes(x.dtype)} bytes an element and ` +
          `${dtype} has ${itemBytes(dtype)}`,
      );
    // A bool is 0 or 1, which arbitrary bytes are not.
    if (dtype === "bool" && x.dtype !== "bool")
      throw new TypeError(`bitcast: ${showSpec(x)} cannot be read as bool: compare with 0 instead`);
    return { shape: x.shape, dtype };
  },
  batch: batchElementwise,
  evaluate([x], { shape, dtype }) {
    const { buffer, length } = toStored(x.dtype, x.data.slice());
    const data = newArray(dtype, length);
    data.set(fromStored(dtype, viewArray(dtype, buffer, 0, length)));
    return { shape, dtype, data };
  },
  cost: () => 0,
});
