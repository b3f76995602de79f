// Owns the proof that Jabber clients which nobody here wrote can work with this edge: each logs in over TLS, sees the
// visitor, receives his line and answers. A client that is not installed is skipped, with a line that says so.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { OperatorName, RoomId, SessionId, SiteId } from '../../actors/mod.ts';
import type { Sent } from '../support/fake-node.ts';
import { needs } from '../support/needs.ts';
import { contactOf, domain, messageOf, type Stage, xmppStage } from '../support/xmpp-edge.ts';

const anna = 'anna' as OperatorName;
const patienceMs = 20_000;
const python = '/usr/bin/python3';
const line = 'Do you ship to Norway?';

async function staged(t: TestContext): Promise<Stage> {
  const stage = await xmppStage({ plaintext: 'never' });
  t.after(() => stage.close());
  return stage;
}

/** What the operator's actor does as soon as there is a device; `seen` is what the client shows meanwhile. */
async function visitorWaits(stage: Stage, seen: () => string): Promise<void> {
  const level = ({ message }: Sent) => (message as { streams?: { show: string | null }[] }).streams?.[0];
  const available = (sent: Sent) => sent.name === 'streams' && level(sent)?.show != null;
  await showing(seen, 'its presence', () => stage.node.casts.find(available));
  const site = 'demo' as SiteId;
  stage.tell('contacts', { operator: anna, site, siteName: 'Demo', contacts: [contactOf()] });
}

function visitorSays(stage: Stage, seq: number, text: string): void {
  const [session, room] = ['sv1' as SessionId, 'rv1' as RoomId];
  stage.tell('message', { operator: anna, session, room, message: messageOf(seq, text), delayed: false, stream: null });
}

async function until<T>(what: string, find: () => T | undefined): Promise<T> {
  const end = performance.now() + patienceMs;
  while (performance.now() < end) {
    const found = find();
    if (found !== undefined) return found;
    await wait(50);
  }
  throw new Error(`waited in vain for ${what}`);
}

const said = (stage: Stage) =>
  stage.node.calls.filter((call) => call.name === 'say').map((call) => (call.message as { text: string }).text);

function stop(child: ChildProcess): void {
  if (child.exitCode === null) child.kill('SIGKILL');
}

const newFolder = () => mkdtempSync(join(tmpdir(), 'parla-client-'));

function removed(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

interface InTerminal {
  /** Is removed when the client has ended, or its last words would make it anew. */
  readonly home: string;
  readonly command: readonly string[];
  readonly environment?: { readonly [name: string]: string };
}

/** A terminal of 120 by 40 in which a client runs. */
function terminal(t: TestContext, { home, command, environment = {} }: InTerminal) {
  const name = `parla-${process.pid}-${Math.round(performance.now())}`;
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', name, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const settings = Object.entries({ LC_ALL: 'C.UTF-8', TERM: 'screen', HOME: home, ...environment }).map(
    ([key, value]) => `${key}=${value}`,
  );
  tmux('new-session', '-d', '-x', '120', '-y', '40', 'env', ...settings, ...command);
  const pid = tmux('display-message', '-p', '#{pane_pid}').trim();
  t.after(async () => {
    tmux('kill-server');
    await until('its end', () => (existsSync(`/proc/${pid}`) ? undefined : true));
    removed(home);
  });
  return {
    type: (text: string) => {
      if (text !== '') tmux('send-keys', '-l', text);
      tmux('send-keys', 'Enter');
    },
    press: (key: string) => tmux('send-keys', key),
    screen: () => tmux('capture-pane', '-p'),
  };
}

/** Waits, and tells what the client showed if it waited in vain. */
function showing<T>(screen: () => string, what: string, find: () => T | undefined): Promise<T> {
  return until(what, find).catch((error: unknown) => {
    throw new Error(`${String(error)}; what was shown:\n${screen()}`);
  });
}

async function shows(screen: () => string, pattern: RegExp): Promise<void> {
  await showing(screen, String(pattern), () => (pattern.test(screen()) ? true : undefined));
}

/** All that mcabber may tell its user of a login that went well. */
const mcabberTells =
  /^(MCabber .*|(Reading|Loaded) .*|(Server|User JID|Connecting to server): .*|using port \d+|with resource .*|Certificate is not trusted!|Connection established\.|Your status has been set: .*)$/;

/** What Finch finds at its start: one account of Anna. */
function finchHome(stage: Stage, mode: 'starttls' | 'direct'): string {
  const home = newFolder();
  const [security, port] = mode === 'starttls' ? ['require_tls', stage.port] : ['old_ssl', stage.tlsPort];
  const settings = [
    `<setting name='connect_server' type='string'>127.0.0.1</setting><setting name='port' type='int'>${port}</setting>`,
    `<setting name='connection_security' type='string'>${security}</setting></settings>`,
    "<settings ui='gnt-purple'><setting name='auto-login' type='bool'>1</setting>",
  ].join('');
  const account = `<protocol>prpl-jabber</protocol><name>anna@${domain}/finch</name><password>secret</password>`;
  writeFileSync(
    join(home, 'accounts.xml'),
    `<account version='1.0'><account>${account}<settings>${settings}</settings></account></account>`,
  );
  // Logs as plain text; and a STUN server here, or it looks for one in the DNS.
  const preferences = [
    "<pref name='logging'><pref name='format' type='string' value='txt'/></pref>",
    "<pref name='network'><pref name='stun_server' type='string' value='127.0.0.1'/></pref>",
  ].join('');
  writeFileSync(join(home, 'prefs.xml'), `<pref version='1' name='/'><pref name='purple'>${preferences}</pref></pref>`);
  return home;
}

/** The lines that libpurple has logged of its one conversation. */
function finchLog(home: string): string {
  const logs = join(home, 'logs');
  const files = readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.txt'));
  return files.map((file) => readFileSync(join(logs, file), 'utf8')).join('');
}

describe('a stock Jabber client', () => {
  for (const mode of ['starttls', 'direct'] as const) {
    it(`slixmpp works by ${mode}, and acknowledges by XEP-0198`, {
      skip: needs('slixmpp'),
      timeout: 60_000,
    }, async (t) => {
      const stage = await staged(t);
      const port = mode === 'starttls' ? stage.port : stage.tlsPort;
      const script = join(import.meta.dirname, 'slixmpp-client.py');
      const child = spawn(python, [script, `anna@${domain}`, 'secret', '127.0.0.1', String(port), mode]);
      t.after(() => stop(child));
      let complaints = '';
      child.stderr.on('data', (text) => (complaints += text));
      const events: { [name: string]: unknown }[] = [];
      createInterface(child.stdout).on('line', (text) => events.push(JSON.parse(text)));
      const event = (name: string) =>
        showing(
          () => complaints,
          name,
          () => events.find((each) => each.event === name),
        );
      await visitorWaits(stage, () => complaints);
      const features = (await event('features')).features as string[];
      assert.ok(features.includes('urn:xmpp:ping'));
      assert.ok('ben@chat.example' in ((await event('roster')).items as object));
      await until('presence', () =>
        events.find((each) => String(each.who).startsWith('sv1@') && each.type === 'available'),
      );
      visitorSays(stage, 1, line);
      assert.equal((await event('message')).body, line);
      await until('the answer', () => said(stage)[0]);
      assert.deepEqual(said(stage), [`echo: ${line}`]);
      assert.deepEqual((await stage.node.nextCast('confirmed')).message, { room: 'rv1', seq: 1 });
      assert.equal(
        complaints
          .split('\n')
          .filter((text) => text !== '' && !/stringprep/i.test(text))
          .join('\n'),
        '',
      );
    });
  }

  for (const policy of ['trust', 'legacy'] as const) {
    it(`profanity works with TLS policy ${policy}`, {
      skip: needs('profanity', 'tmux'),
      timeout: 90_000,
    }, async (t) => {
      const stage = await staged(t);
      const home = newFolder();
      const [data, config] = [join(home, 'data'), join(home, 'config')];
      mkdirSync(join(data, 'profanity'), { recursive: true });
      mkdirSync(join(config, 'profanity'), { recursive: true });
      const account = {
        enabled: 'true',
        jid: `anna@${domain}`,
        server: '127.0.0.1',
        port: policy === 'trust' ? stage.port : stage.tlsPort,
        'tls.policy': policy,
        password: 'secret',
        resource: 'prof',
      };
      const lines = Object.entries(account).map(([key, value]) => `${key}=${value}`);
      writeFileSync(join(data, 'profanity', 'accounts'), ['[op]', ...lines, ''].join('\n'));
      const command = ['profanity', '-a', 'op', '-l', 'WARN'];
      const environment = { XDG_DATA_HOME: data, XDG_CONFIG_HOME: config };
      const { type, screen } = terminal(t, { home, command, environment });
      if (policy === 'legacy') {
        await shows(screen, /certificate|logged in/i);
        if (!/logged in/.test(screen())) type('/tls allow');
      }
      await visitorWaits(stage, screen);
      await shows(screen, /logged in successfully/);
      visitorSays(stage, 1, line);
      await shows(screen, /Visitor from Oslo/);
      type('/win 2');
      await shows(screen, /Do you ship to Norway/);
      type('Yes, in two days.');
      await showing(screen, 'the answer', () => said(stage)[0]);
      assert.deepEqual(said(stage), ['Yes, in two days.']);
      assert.deepEqual((await stage.node.nextCast('confirmed')).message, { room: 'rv1', seq: 1 });
      type('/roster');
      type('/win 1');
      await shows(screen, /Demo|Visitor from Oslo/);
      assert.doesNotMatch(screen(), /error|not supported by server/i);
    });
  }

  it('go-sendxmpp logs in by PLAIN and sends', { skip: needs('go-sendxmpp'), timeout: 60_000 }, async (t) => {
    const stage = await staged(t);
    const folder = newFolder();
    t.after(() => removed(folder));
    const file = join(folder, 'message');
    writeFileSync(file, 'Hello from a script');
    const target = 'sv1@visitors.chat.example';
    const where = `127.0.0.1:${stage.port}`;
    const child = spawn('go-sendxmpp', ['-n', '-u', `anna@${domain}`, '-p', 'secret', '-j', where, '-m', file, target]);
    t.after(() => stop(child));
    let complaints = '';
    child.stderr.on('data', (text) => (complaints += text));
    await showing(
      () => complaints,
      'the line',
      () => said(stage)[0],
    );
    assert.deepEqual(said(stage), ['Hello from a script']);
    const code = await until('its end', () => child.exitCode ?? undefined);
    assert.equal(code, 0, complaints);
  });

  it('mcabber works by STARTTLS', { skip: needs('mcabber', 'tmux'), timeout: 90_000 }, async (t) => {
    const stage = await staged(t);
    const home = newFolder();
    const settings = {
      jid: `anna@${domain}`,
      password: 'secret',
      server: '127.0.0.1',
      port: stage.port,
      tls: 1,
      ssl_ignore_checks: 1,
      resource: 'mc',
      logging: 0,
    };
    const lines = Object.entries(settings).map(([key, value]) => `set ${key} = ${value}`);
    writeFileSync(join(home, 'mcabberrc'), [...lines, ''].join('\n'), { mode: 0o600 });
    const { type, screen } = terminal(t, { home, command: ['mcabber', '-f', join(home, 'mcabberrc')] });
    await visitorWaits(stage, screen);
    visitorSays(stage, 1, line);
    await shows(screen, /Visitor from/);
    type('/roster unread_first');
    // Return opens the chat with who is chosen.
    type('');
    await shows(screen, /Do you ship to Norway/);
    type('/say Yes, in two days.');
    await showing(screen, 'the answer', () => said(stage)[0]);
    assert.deepEqual(said(stage), ['Yes, in two days.']);
    assert.deepEqual((await stage.node.nextCast('confirmed')).message, { room: 'rv1', seq: 1 });
    await shows(screen, /--> Yes, in two days\.\s/);
    assert.doesNotMatch(screen(), /error|fail/i);
    type('/roster top');
    await shows(screen, /│.* MCabber .* -- Email.*│.* Connection established/s);
    const told = screen().matchAll(/│\d\d-\d\d \d\d:\d\d:\d\d {1,2}(.*)/g);
    const unexpected = [...told].map(([, text]) => String(text).trim()).filter((text) => !mcabberTells.test(text));
    assert.deepEqual(unexpected, [], screen());
  });

  for (const mode of ['starttls', 'direct'] as const) {
    it(`Finch, which is Pidgin in a terminal, works by ${mode}, asks about the certificate, and reports no error`, {
      skip: needs('finch', 'tmux'),
      timeout: 90_000,
    }, async (t) => {
      const stage = await staged(t);
      const home = finchHome(stage, mode);
      const command = ['sh', '-c', `exec finch -c '${home}' -d 2>'${home}/debug'`];
      const { type, press, screen } = terminal(t, { home, command });
      // Its last line names the windows that are open; Alt and a number shows one.
      const windows = () => (screen().trimEnd().split('\n').at(-1) ?? '').split('│').map((name) => name.trim());
      const open = async (name: string) => {
        const at = () => windows().findIndex((window) => window.startsWith(name)) + 1 || undefined;
        press(`M-${await showing(screen, name, at)}`);
      };
      await open('SSL Certificate Verification');
      await shows(screen, /self-signed/);
      // The first button of the question accepts.
      press('Enter');
      await visitorWaits(stage, screen);
      await shows(screen, /- Demo[^\n]*\n[^\n]*Visitor from/);
      visitorSays(stage, 1, line);
      await open('Visitor from Oslo');
      await shows(screen, /Visitor from Oslo: Do you ship to Norway/);
      type('Yes, in two days.');
      await showing(screen, 'the answer', () => said(stage)[0]);
      assert.deepEqual(said(stage), ['Yes, in two days.']);
      assert.deepEqual((await stage.node.nextCast('confirmed')).message, { room: 'rv1', seq: 1 });
      await until('its log', () => (/Yes, in two days/.test(finchLog(home)) ? true : undefined));
      assert.match(finchLog(home), /\) Visitor from Oslo: Do you ship to Norway\?\n.*\) anna@.*: Yes, in two days\.\n/);
      // Another question, or an error, would be a window more.
      assert.deepEqual(windows().slice(0, 2), ['Buddy List', 'Debug Window']);
      assert.equal(windows().length, 3, screen());
      const debug = readFileSync(join(home, 'debug'), 'utf8');
      assert.match(debug, /Adding sv1@visitors\.chat\.example to groups: Demo/);
      assert.doesNotMatch(debug, /Connection error|type='error'|<stream:error|<failure/);
    });
  }
});
