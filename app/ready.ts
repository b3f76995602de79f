// Owns what standard output says once a node is ready: how to go on for a person, and one line of JSON for a program.
// It never says the password of an operator who was there before.

import type { Config } from './config.ts';
import type { FirstOperator } from './first-start.ts';

export interface Ports {
  readonly http: number;
  readonly xmpp: number;
  readonly xmpps: number;
}

export interface Ready {
  readonly config: Config;
  readonly ports: Ports;
  readonly first: FirstOperator | null;
  readonly selfSigned: boolean;
  /** Null when the token is configured. */
  readonly adminTokenFile: string | null;
}

export function readyText(ready: Ready): string {
  const { config, ports } = ready;
  return [
    'Parla is ready.',
    '',
    `  Demo page     ${reachableUrl(config, ports)}/demo`,
    ...operatorLines(ready),
    `  Jabber        server ${reachableHost(config)}, port ${ports.xmpp} (STARTTLS) or ${ports.xmpps} (TLS)${certificateText(ready)}`,
    `  Observer      ${reachableUrl(config, ports)}/observer and /metrics; the password is the token ${ready.adminTokenFile === null ? 'as configured' : `in ${ready.adminTokenFile}`}`,
    '',
    'Open the demo page, write something, and answer from the Jabber client.',
    '',
    '',
  ].join('\n');
}

export function readyLine({ config, ports }: Ready): string {
  const { http, xmpp, xmpps } = ports;
  return JSON.stringify({
    msg: 'ready',
    http,
    xmpp,
    xmpps,
    domain: config.xmppDomain,
    node: config.node,
    pid: process.pid,
  });
}

/** Where a browser finds this node: the configured address, else host and port. */
export function reachableUrl(config: Config, ports: Pick<Ports, 'http'>): string {
  const host = reachableHost(config);
  return config.publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${ports.http}`;
}

function reachableHost(config: Config): string {
  return ['0.0.0.0', '::', '::0'].includes(config.host) ? 'localhost' : config.host;
}

function operatorLines({ config, first }: Ready): readonly string[] {
  if (first === null) return ['  Operators     npm run parla -- operator list (passwd NAME gives a new password)'];
  return [
    `  Operator      ${first.name}@${config.xmppDomain}`,
    `  Password      ${first.password}   (shown only now; npm run parla -- operator passwd ${first.name} makes another)`,
  ];
}

function certificateText({ selfSigned }: Ready): string {
  return selfSigned ? ';\n                the certificate is self-signed: accept it when the client asks' : '';
}
