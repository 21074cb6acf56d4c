/**
 * Memory that two processes see.
 *
 * @module
 */
import { DeviceError } from "../gpu/device.ts";
import { reasonOf } from "../system_error.ts";

/**
 * A file that is made for memory's sake, in a file system that lives in memory where there is one.
 *
 * With the permission to call native code it is mapped, so that both processes see the same bytes;
 * without, what one writes is copied into the file and out of it again.
 */
export class SharedMemory implements Disposable {
  /** Where it is. */
  readonly path: string;
  /** This process's view of the bytes: the memory itself where it is mapped, else a copy. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #file: Deno.FsFile;
  readonly #mapping?: Mapping;

  private constructor(path: string, size: number) {
    this.path = path;
    this.#file = Deno.openSync(path, { read: true, write: true });
    this.#mapping = mapFile(path, size);
    this.bytes = new Uint8Array(this.#mapping?.buffer ?? new ArrayBuffer(size));
  }

  /**
   * Makes new memory of `size` zeros.
   *
   * @throws {DeviceError} if there is no room for it
   */
  static create(size: number): SharedMemory {
    return new SharedMemory(makeFile(size), size);
  }

  /** Opens what another process made. */
  static open(path: string, size: number): SharedMemory {
    return new SharedMemory(path, size);
  }

  /** Takes its name away, so that nothing is left of it when the last process lets it go. */
  unlink(): void {
    Deno.removeSync(this.path);
  }

  /** Shows the other process what this one wrote to a part of {@linkcode bytes}. */
  push(start: number, end: number): void {
    if (this.#mapping) return;
    this.#file.seekSync(start, Deno.SeekMode.Start);
    for (let at = start; at < end;) at += this.#file.writeSync(this.bytes.subarray(at, end));
  }

  /** Sees what the other process pushed to a part of {@linkcode bytes}. */
  pull(start: number, end: number): void {
    if (this.#mapping) return;
    this.#file.seekSync(start, Deno.SeekMode.Start);
    for (let at = start; at < end;) {
      const count = this.#file.readSync(this.bytes.subarray(at, end));
      if (count === null) throw new RangeError(`Cannot read ${this.path}: it was cut short`);
      at += count;
    }
  }

  /** Lets it go; {@linkcode bytes} must not be used any more. */
  [Symbol.dispose](): void {
    this.#mapping?.[Symbol.dispose]();
    this.#file.close();
  }
}

/** A file in memory where that is possible, allowed, and has room, else among the temporary ones. */
function makeFile(size: number): string {
  try {
    return makeFileOfZeros(size, "/dev/shm");
  } catch {
    // Docker gives containers 64 MB of it.
  }
  try {
    return makeFileOfZeros(size);
  } catch (cause) {
    throw new DeviceError(
      `Cannot share memory with another process: needs ${
        Math.ceil(size / 1e6)
      } MB in /dev/shm or among the ` +
        `temporary files, got "${
          reasonOf(cause)
        }"; make /dev/shm larger (docker run --shm-size), ` +
        "or let TMPDIR name a place with more room",
      { cause },
    );
  }
}

/** Zeros are written, as a hole in a file that is mapped ends the process when there is no room for it. */
function makeFileOfZeros(size: number, dir?: string): string {
  const path = Deno.makeTempFileSync({ prefix: "tower-", dir });
  try {
    using file = Deno.openSync(path, { write: true });
    const zeros = new Uint8Array(Math.min(size, 2 ** 20));
    for (let at = 0; at < size;) at += file.writeSync(zeros.subarray(0, size - at));
    return path;
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  }
}

/** A file in this process's address space. */
interface Mapping extends Disposable {
  readonly buffer: ArrayBuffer;
}

const libraries: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.dylib",
};

/** Maps a file where the platform and the permissions let us. */
function mapFile(path: string, size: number): Mapping | undefined {
  const name = libraries[Deno.build.os];
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  if (!name || state !== "granted") return undefined;
  const library = Deno.dlopen(name, {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
    munmap: { parameters: ["pointer", "usize"], result: "i32" },
  });
  const { symbols } = library;
  const readWrite = 2, protection = 1 /* read */ | 2, /* write */ shared = 1;
  const file = symbols.open(new TextEncoder().encode(path + "\0"), readWrite);
  const pointer = symbols.mmap(null, BigInt(size), protection, shared, file, 0n);
  symbols.close(file);
  // MAP_FAILED is the address of all ones.
  if (pointer === null || Deno.UnsafePointer.value(pointer) === 2n ** 64n - 1n) {
    library.close();
    return undefined;
  }
  return {
    buffer: Deno.UnsafePointerView.getArrayBuffer(pointer, size),
    [Symbol.dispose]() {
      symbols.munmap(pointer, BigInt(size));
      library.close();
    },
  };
}
