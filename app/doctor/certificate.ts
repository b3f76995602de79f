// Owns doctor's look at the certificate of the Jabber ports: readable, matching its key and domain, and for how long.
// It never makes one.

import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { pairFault } from '../certificate.ts';
import type { Config } from '../config.ts';
import { readIfThere } from '../secret-file.ts';
import { type Finding, fail, pass, warn } from './finding.ts';

const check = 'certificate';
const dayMs = 86_400_000;
const warnDays = 30;

export function certificateFinding(config: Config): Finding {
  const configured = config.tlsCert !== undefined && config.tlsKey !== undefined;
  const cert = readIfThere(config.tlsCert ?? join(config.dataDir, 'tls-cert.pem'));
  const key = readIfThere(config.tlsKey ?? join(config.dataDir, 'tls-key.pem'));
  if (cert === undefined || key === undefined)
    return configured
      ? fail(check, 'PARLA_TLS_CERT or PARLA_TLS_KEY is not there')
      : pass(check, 'a self-signed one is made by the first start');
  const fault = pairFault(cert, key);
  if (fault !== null) return fail(check, fault);
  return datesFinding(new X509Certificate(cert), config.xmppDomain, configured);
}

function datesFinding(cert: X509Certificate, domain: string, configured: boolean): Finding {
  const days = Math.floor((cert.validToDate.getTime() - Date.now()) / dayMs);
  const kind = configured ? 'configured' : 'self-signed: clients ask once whether to trust it';
  if (days < 0) return fail(check, `ended ${-days} days ago`);
  if (cert.validFromDate.getTime() > Date.now())
    return fail(check, `begins only on ${cert.validFromDate.toISOString()}`);
  if (cert.checkHost(domain) === undefined) return warn(check, `does not name ${domain}: clients will refuse it`);
  if (days < warnDays) return warn(check, `ends in ${days} days`);
  return pass(check, `${kind}; ends in ${days} days`);
}
