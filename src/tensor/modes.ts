/**
 * @internal Makes what runs functions in a mode that `set` sets and of which it returns the one before. An
 * asynchronous function keeps its mode until it has ended; of several that overlap, the mode from before the
 * first comes back with the last.
 */
export function running<M>(set: (mode: M) => M): <R>(mode: M, fn: () => R) => R {
  let asyncDepth = 0;
  let modeBeforeAsync: M;
  return <R>(mode: M, fn: () => R): R => {
    const before = set(mode);
    let result: R;
    try {
      result = fn();
    } catch (error) {
      set(before);
      throw error;
    }
    if (!(result instanceof Promise)) {
      set(before);
      return result;
    }
    if (asyncDepth++ === 0) modeBeforeAsync = before;
    return result.finally(() => {
      if (--asyncDepth === 0) set(modeBeforeAsync);
    }) as R;
  };
}
