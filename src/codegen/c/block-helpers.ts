import { ELEMENT_BYTES, type Element, type Types } from "./types.ts";

// Functions that move vectors, or parts of them, between memory and registers.

/** Calls of the functions that move blocks. */
export interface BlockHelpers {
  /** Writes a block of lanes × lanes elements with its rows as columns: from, stride, to, stride. */
  transpose(element: Element, lanes: number, args: readonly string[]): string;
  /** A vector with some lanes from memory: pointer, first lane, lane behind the last, other lanes. */
  merge(element: Element, lanes: number, args: readonly string[], stride?: string): string;
  /** Stores the first lanes of a vector: pointer, vector, number of lanes. */
  storePart(element: Element, lanes: number, args: readonly string[], stride?: string): string;
  /** Stores a vector past the caches where the machine can: pointer, vector. */
  stream(element: Element, lanes: number, args: readonly string[]): string;
}

/** Ends a kernel that stores past the caches: others must see what it wrote. */
export const STREAM_END = `#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif`;

/**
 * @param define adds a definition that is not there yet, and returns its name
 * @param fn writes a function of result, name, parameters and body
 */
export function createBlockHelpers(
  types: Types,
  define: (name: string, text: () => string) => string,
  fn: (result: string, name: string, parameters: string, body: string) => string,
): BlockHelpers {
  function transpose(element: Element, lanes: number, args: readonly string[]): string {
    const type = types.vector(element, lanes);
    const unaligned = types.unaligned(element, lanes);
    const name = `transpose_${type}`;
    define(name, () => {
      const rows = Array.from({ length: lanes }, (_, i) => i);
      const lines = rows.map(
        (i) => `  ${type} r${i} = *(const ${unaligned} *)(p + ${i} * (i64)s);`,
      );
      lines.push(`  ${type} t;`);
      // Blocks of half the size change places across the diagonal, then the blocks within them.
      for (let half = lanes / 2; half >= 1; half /= 2) {
        const pick = (second: number): string =>
          rows.map((j) => ((j & half) === 0 ? j + second : lanes + j - half + second)).join(", ");
        for (const i of rows) {
          if ((i & half) !== 0) continue;
          const [a, b] = [`r${i}`, `r${i + half}`];
          lines.push(
            `  t = __builtin_shufflevector(${a}, ${b}, ${pick(0)});`,
            `  ${b} = __builtin_shufflevector(${a}, ${b}, ${pick(half)});`,
            `  ${a} = t;`,
          );
        }
      }
      lines.push(...rows.map((i) => `  *(${unaligned} *)(q + ${i} * (i64)t_) = r${i};`));
      return fn(
        "void",
        name,
        `const ${element} *p, i32 s, ${element} *q, i32 t_`,
        lines.join("\n"),
      );
    });
    return `${name}(${args.join(", ")})`;
  }

  /** GCC's name of an instruction of AVX-512 that looks at some lanes of memory only. */
  const masked = (
    action: "load" | "store",
    element: Element,
    lanes: number,
  ): string | undefined => {
    const suffix: Partial<Record<Element, string>> = {
      f32: "ups512",
      i32: "dqusi512",
      u32: "dqusi512",
      f64: "upd512",
      i64: "dqudi512",
    };
    const name = lanes * ELEMENT_BYTES[element] === 64 ? suffix[element] : undefined;
    return name && `__builtin_ia32_${action}${name}_mask`;
  };

  function merge(
    element: Element,
    lanes: number,
    args: readonly string[],
    stride?: string,
  ): string {
    const type = types.vector(element, lanes);
    const name = `merge_${stride === undefined ? "" : "steps_"}${type}`;
    const step = stride === undefined ? "" : ", i32 step";
    const wide = stride === undefined ? masked("load", element, lanes) : undefined;
    const signed = types.vector(element === "u32" ? "i32" : element, lanes);
    const index = stride === undefined ? "i" : "i * (i64)step";
    const plain = `  for (int i = low; i < high; i++) v[i] = p[${index}];\n  return v;`;
    const instruction =
      wide &&
      `  return (${type})${wide}((const void *)p, (${signed})v, ((1u << high) - 1) & ~((1u << low) - 1));`;
    define(name, () =>
      fn(
        type,
        name,
        `const ${element} *p, i32 low, i32 high, ${type} v${step}`,
        instruction ? `#ifdef __AVX512F__\n${instruction}\n#else\n${plain}\n#endif` : plain,
      ),
    );
    return `${name}(${[...args, ...(stride === undefined ? [] : [stride])].join(", ")})`;
  }

  function storePart(
    element: Element,
    lanes: number,
    args: readonly string[],
    stride?: string,
  ): string {
    const type = types.vector(element, lanes);
    const name = `store_${stride === undefined ? "" : "steps_"}${type}`;
    const step = stride === undefined ? "" : ", i32 step";
    const wide = stride === undefined ? masked("store", element, lanes) : undefined;
    const signed = types.vector(element === "u32" ? "i32" : element, lanes);
    const index = stride === undefined ? "i" : "i * (i64)step";
    const plain = `  for (int i = 0; i < count; i++) p[${index}] = v[i];`;
    const instruction = wide && `  ${wide}((void *)p, (${signed})v, (1u << count) - 1);`;
    define(name, () =>
      fn(
        "void",
        name,
        `${element} *p, ${type} v, i32 count${step}`,
        instruction ? `#ifdef __AVX512F__\n${instruction}\n#else\n${plain}\n#endif` : plain,
      ),
    );
    return `${name}(${[...args, ...(stride === undefined ? [] : [stride])].join(", ")})`;
  }

  function stream(element: Element, lanes: number, args: readonly string[]): string {
    const type = types.vector(element, lanes);
    const bytes = lanes * ELEMENT_BYTES[element];
    const name = `stream_${type}`;
    const [floats, instruction, feature] =
      bytes === 64
        ? ["f32x16", "movntps512", "__AVX512F__"]
        : bytes === 32
          ? ["f32x8", "movntps256", "__AVX__"]
          : ["f32x4", "movntps", "__SSE__"];
    types.vector("f32", bytes / 4);
    define(name, () =>
      fn(
        "void",
        name,
        `${element} *p, ${type} v`,
        [
          `  if (((__INTPTR_TYPE__)p & ${bytes - 1}) == 0) {`,
          "#if __has_builtin(__builtin_nontemporal_store)",
          `    __builtin_nontemporal_store(v, (${type} *)p);`,
          "    return;",
          `#elif defined(${feature})`,
          `    __builtin_ia32_${instruction}((float *)p, (${floats})v);`,
          "    return;",
          "#endif",
          "  }",
          `  *(${types.unaligned(element, lanes)} *)p = v;`,
        ].join("\n"),
      ),
    );
    return `${name}(${args.join(", ")})`;
  }

  return { transpose, merge, storePart, stream };
}
