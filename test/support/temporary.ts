// Owns a directory of a test's own, away from the project.
// It never outlives the test that asks for its removal.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryDirectory {
  readonly path: string;
  remove(): void;
}

export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), 'parla-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
