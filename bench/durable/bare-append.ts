// Owns the anchor of `durable`: bytes appended to a file and fdatasync, on the disk that the stores have, and nothing else.
// What waits while the disk is busy goes with the next write, as any group commit has it.

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

export class BareAppend {
  readonly #file: FileHandle;
  #waiting: { readonly bytes: Buffer; readonly done: () => void }[] = [];
  #writing: Promise<void> | null = null;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(directory: string): Promise<BareAppend> {
    return new BareAppend(await open(join(directory, 'bare'), 'a'));
  }

  /** Resolves when the bytes are on the disk. */
  append(bytes: Buffer): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ bytes, done });
      this.#writing ??= this.#write();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#file.write(Buffer.concat(batch.map(({ bytes }) => bytes)));
      await this.#file.datasync();
      for (const { done } of batch) done();
    }
    // In the same turn as the look at what waits: whoever comes after it begins anew.
    this.#writing = null;
  }
}
