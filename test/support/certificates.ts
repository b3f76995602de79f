// Owns certificates for a test's own servers: an authority that nobody trusts by himself, and what it signs.
// Its files are in a directory of its own, which the test's end removes.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from './temporary.ts';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** PEM, for whoever is to trust it. */
  readonly file: string;
  /** As in subjectAltName: `DNS:localhost,IP:127.0.0.1`. */
  issue(names: string): Certificate;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

export function authority(t: Pick<TestContext, 'after'>): Authority {
  const directory = temporaryDirectory();
  t.after(() => directory.remove());
  const file = (name: string) => join(directory.path, name);
  let issued = 0;
  const make = (extensions: string, signer: readonly string[]): Certificate => {
    issued += 1;
    const made = { cert: file(`${issued}.pem`), key: file(`${issued}.key`) };
    writeFileSync(file('conf'), `[req]\ndistinguished_name = subject\n[subject]\n[extensions]\n${extensions}\n`);
    const out = ['-keyout', made.key, '-out', made.cert, '-subj', `/CN=test ${issued}`];
    const how = ['-config', file('conf'), '-extensions', 'extensions', ...newKey, ...out, ...signer];
    execFileSync('openssl', ['req', '-x509', ...how], { stdio: 'pipe' });
    return made;
  };
  const root = make('basicConstraints = critical,CA:TRUE', []);
  return {
    file: root.cert,
    issue: (names) =>
      make(`basicConstraints = CA:FALSE\nsubjectAltName = ${names}`, ['-CA', root.cert, '-CAkey', root.key]),
  };
}
