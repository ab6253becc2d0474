import type * as Files from "node:fs/promises";
import type * as Paths from "node:path";

/** Modules of Node, loaded when they are needed: a browser never comes here. */
export const nodeFiles = (): Promise<typeof Files> => import("node:fs/promises");
export const nodePath = (): Promise<typeof Paths> => import("node:path");

/** A path as text. */
export async function pathOf(file: string | URL): Promise<string> {
  if (typeof file === "string" && !file.startsWith("file:")) return file;
  const { fileURLToPath } = await import("node:url");
  return fileURLToPath(file);
}

/** Bytes that one call of the system writes at most. */
const PIECE = 2 ** 28;
let counter = 0;

/**
 * Makes a file whole or not at all: it is written under another name in the same folder, brought to the disk,
 * and renamed. Whoever reads the name finds the file from before or the new one, also after a crash.
 */
export async function writeAtomically(file: string, parts: Iterable<Uint8Array>): Promise<void> {
  const [fs, path] = await Promise.all([nodeFiles(), nodePath()]);
  const folder = path.dirname(file);
  const prefix = await temporaryPrefix(path.basename(file));
  await sweep(folder, prefix);
  const temporary = path.join(folder, `${prefix}${process.pid}-${counter++}.tmp`);
  try {
    const handle = await fs.open(temporary, "wx");
    try {
      for (const part of parts) await writeAll(handle, part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, file);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function writeAll(handle: Files.FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, at, Math.min(PIECE, bytes.byteLength - at));
    at += bytesWritten;
  }
}

/** How temporary files for `name` begin: the machine is named, as folders may be shared by several. */
async function temporaryPrefix(name: string): Promise<string> {
  const { hostname } = await import("node:os");
  return `.${name}.${hostname().replace(/[^\w-]/g, "_")}-`;
}

/** Removes what processes of this machine left unfinished that are no more. */
async function sweep(folder: string, prefix: string): Promise<void> {
  const [fs, path] = await Promise.all([nodeFiles(), nodePath()]);
  for (const name of await fs.readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const pid = /^(\d+)-\d+\.tmp$/.exec(name.slice(prefix.length))?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await fs.rm(path.join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One that may not be signalled is alive.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Brings the names in a folder to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows has no such call, and keeps names in order by itself.
  if (process.platform === "win32") return;
  const { open } = await nodeFiles();
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
