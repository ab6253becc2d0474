import { nodeCrypto, nodeFs, nodeOs, nodePath } from "./modules.ts";

// Compiled libraries on disk, from process to process. A library is written under another name and
// renamed, and ends with a digest of itself, so that what is found is whole or is not used.

const MARK = Buffer.from("NABLA-1\n", "latin1");
const DIGEST_BYTES = 32;
const TRAILER_BYTES = DIGEST_BYTES + MARK.length;

/** `NABLA_CACHE`, else a folder in the user's cache folder. */
function cacheFolder(): string {
  const path = nodePath();
  const chosen = process.env.NABLA_CACHE;
  if (chosen) return path.resolve(chosen);
  const home = nodeOs().homedir();
  const base =
    process.env.XDG_CACHE_HOME ??
    (process.platform === "darwin"
      ? path.join(home, "Library", "Caches")
      : path.join(home, ".cache"));
  return path.join(base, "nabla");
}

let usable: string | undefined;

/** The cache's folder; one for this process alone where that cannot be written. */
export function libraryFolder(): string {
  if (usable !== undefined) return usable;
  const fs = nodeFs();
  const folder = nodePath().join(cacheFolder(), "native");
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    fs.accessSync(folder, fs.constants.W_OK);
    usable = folder;
  } catch {
    usable = temporaryFolder();
  }
  return usable;
}

let temporary: string | undefined;

/** A folder that goes with the process. */
export function temporaryFolder(): string {
  if (temporary !== undefined) return temporary;
  const fs = nodeFs();
  const folder = fs.mkdtempSync(nodePath().join(nodeOs().tmpdir(), "nabla-"));
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  temporary = folder;
  return folder;
}

const digest = (bytes: Uint8Array): Buffer =>
  nodeCrypto().createHash("sha256").update(bytes).digest();

// What this process has found whole: libraries of several parts lie under several names.
const whole = new Set<string>();

/** The file of a whole library under this key; undefined where there is none. A broken one is removed. */
export function findLibrary(key: string): string | undefined {
  const fs = nodeFs();
  for (const folder of new Set([libraryFolder(), temporary])) {
    if (folder === undefined) continue;
    const file = nodePath().join(folder, `${key}.so`);
    let bytes: Buffer;
    let identity: string;
    try {
      const { dev, ino, size, mtimeMs } = fs.statSync(file);
      identity = [dev, ino, size, mtimeMs].join();
      if (whole.has(identity)) return file;
      bytes = fs.readFileSync(file);
    } catch {
      continue;
    }
    const end = bytes.length - TRAILER_BYTES;
    const isWhole =
      end > 0 &&
      bytes.subarray(end + DIGEST_BYTES).equals(MARK) &&
      bytes.subarray(end, end + DIGEST_BYTES).equals(digest(bytes.subarray(0, end)));
    if (isWhole) {
      whole.add(identity);
      return file;
    }
    fs.rmSync(file, { force: true });
  }
  return undefined;
}

let nextFile = 0;

/** A name for a file that is being made in `folder`. */
export function unfinished(folder: string, ending: string): string {
  sweep(folder);
  return nodePath().join(
    folder,
    `${process.pid}-${Date.now().toString(36)}-${nextFile++}${ending}`,
  );
}

/** How the files are named that are being made. */
const UNFINISHED = /^\d+-[0-9a-z]+-\d+\.(c|tmp)$/;
/** No compiler takes this long. */
const STALE_MS = 3_600_000;

const swept = new Set<string>();

/** Removes what killed processes left unfinished; whoever writes to the folder does, once. */
function sweep(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  const fs = nodeFs();
  const oldest = Date.now() - STALE_MS;
  for (const name of fs.readdirSync(folder)) {
    if (!UNFINISHED.test(name)) continue;
    const file = nodePath().join(folder, name);
    try {
      if (fs.statSync(file).mtimeMs < oldest) fs.rmSync(file, { force: true });
    } catch {
      // Another process was faster.
    }
  }
}

/** Makes a finished file the library under these keys, and returns where it lies for each. */
export function keepLibrary(keys: readonly string[], file: string): string[] {
  const fs = nodeFs();
  const bytes = fs.readFileSync(file);
  if (bytes.length === 0) throw new Error(`the compiler left ${file} empty`);
  fs.appendFileSync(file, Buffer.concat([digest(bytes), MARK]));
  const folder = nodePath().dirname(file);
  return keys.map((key) => {
    const kept = nodePath().join(folder, `${key}.so`);
    const other = unfinished(folder, ".tmp");
    try {
      fs.linkSync(file, other);
    } catch {
      // Some file systems have no second names.
      fs.copyFileSync(file, other);
    }
    fs.renameSync(other, kept);
    return kept;
  });
}
