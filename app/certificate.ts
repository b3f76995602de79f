// Owns the certificate of the Jabber ports: the configured one, or a self-signed one made in the data directory.
// It never replaces a configured certificate, and a self-signed one only when it does not name the domain.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import type { Config } from './config.ts';
import type { DataDir } from './data-dir.ts';
import { readIfThere, writeWhole } from './secret-file.ts';
import { UserError } from './user-error.ts';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly selfSigned: boolean;
}

const validYears = 10;
const dnsName = 2;

export async function certificate(config: Config, directory: DataDir): Promise<Certificate> {
  const configured = configuredCertificate(config);
  if (configured !== null) return configured;
  const paths = { cert: join(directory.path, 'tls-cert.pem'), key: join(directory.path, 'tls-key.pem') };
  const [cert, key] = [readIfThere(paths.cert), readIfThere(paths.key)];
  if (cert !== undefined && key !== undefined && fits(cert, key, config.xmppDomain))
    return { cert, key, selfSigned: true };
  const made = await selfSigned(config.xmppDomain);
  // The key first: a certificate without its key would look whole at the next start.
  writeWhole(paths.key, made.key);
  writeWhole(paths.cert, made.cert);
  return made;
}

function configuredCertificate(config: Config): Certificate | null {
  if (config.tlsCert === undefined || config.tlsKey === undefined) return null;
  const cert = readIfThere(config.tlsCert);
  const key = readIfThere(config.tlsKey);
  if (cert === undefined) throw new UserError(`PARLA_TLS_CERT=${config.tlsCert} is not there; allowed: a PEM file`);
  if (key === undefined) throw new UserError(`PARLA_TLS_KEY=${config.tlsKey} is not there; allowed: a PEM file`);
  const fault = pairFault(cert, key);
  if (fault !== null)
    throw new UserError(`PARLA_TLS_CERT=${config.tlsCert} and PARLA_TLS_KEY=${config.tlsKey} cannot be used: ${fault}`);
  return { cert, key, selfSigned: false };
}

/** What a crash left half made, or what was made for another domain, is made anew. */
function fits(cert: string, key: string, domain: string): boolean {
  return pairFault(cert, key) === null && new X509Certificate(cert).checkHost(domain) !== undefined;
}

/** Null when the two are PEM and belong together. */
export function pairFault(cert: string, key: string): string | null {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
      ? null
      : 'the key belongs to another certificate';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** No key usage is named: of a certificate that signs itself and may not sign, NSS, and so Pidgin on Linux, says that its
 * chain is invalid, and does not even ask the user whether to trust it. */
export async function selfSigned(domain: string): Promise<Certificate> {
  const until = new Date();
  until.setUTCFullYear(until.getUTCFullYear() + validYears);
  const hosts = [...new Set([domain, 'localhost', `visitors.${domain}`])];
  const pem = await generate([{ name: 'commonName', value: domain.slice(0, 64) }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: until,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: dnsName, value })) },
    ],
  });
  return { cert: pem.cert, key: pem.private, selfSigned: true };
}
