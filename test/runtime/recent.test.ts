import { describe, expect, it } from "vitest";
import { RecentMap } from "../../src/runtime/recent.ts";

describe("RecentMap", () => {
  it("names the entry that was used longest ago", () => {
    const map = new RecentMap<string, number>();
    expect(map.oldest()).toBeUndefined();
    map.set("a", 1);
    map.set("b", 2);
    map.set("c", 3);
    expect(map.oldest()).toEqual(["a", 1]);
    expect(map.get("a")).toBe(1);
    expect(map.oldest()).toEqual(["b", 2]);
    map.set("b", 4);
    expect(map.oldest()).toEqual(["c", 3]);
    map.delete("c");
    expect(map.oldest()).toEqual(["a", 1]);
    expect(map.get("c")).toBeUndefined();
    expect(map.size).toBe(2);
    expect(map.values()).toEqual([1, 4]);
  });
});
