// Owns the proof that a data directory has one holder at a time and that its small files are whole or absent.
// Whole nodes on it are in start.test.ts.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { certificate, pairFault } from '../../app/certificate.ts';
import { readConfig } from '../../app/config.ts';
import { dataDirOf, holdDataDir } from '../../app/data-dir.ts';
import { secretFile, writeWhole } from '../../app/secret-file.ts';
import { lockFile } from '../../stores/mod.ts';
import { freshDataDir } from '../support/parla-process.ts';

test('a file lock has one holder, and is free again once it is released', (t) => {
  const path = join(dirname(freshDataDir(t)), 'lock');
  const first = lockFile(path, 0);
  assert(first !== null);
  assert.equal(lockFile(path, 50), null);
  first.release();
  const second = lockFile(path, 0);
  assert(second !== null);
  second.release();
});

test('a second holder is told pid, command, node and time of the first', (t) => {
  const config = readConfig({ PARLA_DATA_DIR: freshDataDir(t), PARLA_NODE: 'one' });
  const held = holdDataDir(config, 'operator add');
  assert.throws(() => holdDataDir(config, 'start'), {
    name: 'UserError',
    message: new RegExp(
      `^PARLA_DATA_DIR=.* is in use by process ${process.pid} \\(parla operator add, node one, since 20..-.*Z\\)\\.$`,
    ),
  });
  held.release();
  holdDataDir(config, 'start').release();
});

test('a directory with other things in it is left as it is', (t) => {
  const path = freshDataDir(t);
  mkdirSync(path, { mode: 0o755 });
  writeFileSync(join(path, 'letters.txt'), 'dear Anna');
  assert.throws(
    () => holdDataDir(readConfig({ PARLA_DATA_DIR: path }), 'start'),
    /holds other things \(letters\.txt\)/,
  );
  assert.deepEqual(readdirSync(path), ['letters.txt']);
  assert.equal(statSync(path).mode & 0o777, 0o755);
});

test('a mounted directory with only lost+found or dot files is taken and closed to others', (t) => {
  const path = freshDataDir(t);
  mkdirSync(join(path, 'lost+found'), { recursive: true });
  writeFileSync(join(path, '.keep'), '');
  holdDataDir(readConfig({ PARLA_DATA_DIR: path }), 'start').release();
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('a directory that cannot be made is named', (t) => {
  const file = join(dirname(freshDataDir(t)), 'file');
  writeFileSync(file, '');
  const below = join(file, 'data');
  assert.throws(() => holdDataDir(readConfig({ PARLA_DATA_DIR: below }), 'start'), {
    name: 'UserError',
    message: new RegExp(`^PARLA_DATA_DIR=${below} cannot be used: ENOTDIR`),
  });
});

test('a secret is made once, with 256 bits, for its owner only', (t) => {
  const path = join(dirname(freshDataDir(t)), 'secret');
  const made = secretFile(path);
  assert.equal(Buffer.from(made, 'base64url').length, 32);
  assert.equal(secretFile(path), made);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('an empty secret is an error, never a secret', (t) => {
  const path = join(dirname(freshDataDir(t)), 'secret');
  writeFileSync(path, '\n');
  assert.throws(() => secretFile(path), /is empty/);
});

test('a file is replaced whole and leaves nothing beside it', (t) => {
  const directory = dirname(freshDataDir(t));
  writeWhole(join(directory, 'file'), 'one');
  writeWhole(join(directory, 'file'), 'two');
  assert.equal(readFileSync(join(directory, 'file'), 'utf8'), 'two');
  assert.deepEqual(readdirSync(directory), ['file']);
});

test('the self-signed certificate names the domain, its visitors and localhost, for ten years, and is kept', async (t) => {
  const config = readConfig({ PARLA_DATA_DIR: freshDataDir(t), PARLA_XMPP_DOMAIN: 'chat.example' });
  const held = holdDataDir(config, 'start');
  const made = await certificate(config, dataDirOf(config));
  held.release();
  const x509 = new X509Certificate(made.cert);
  assert.equal(x509.subjectAltName, 'DNS:chat.example, DNS:localhost, DNS:visitors.chat.example');
  assert.equal(x509.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.equal(x509.validToDate.getUTCFullYear() - x509.validFromDate.getUTCFullYear(), 10);
  assert.equal(pairFault(made.cert, made.key), null);
  assert.deepEqual(await certificate(config, dataDirOf(config)), made);
});

test('a certificate made for another domain, or half of a pair, is made anew', async (t) => {
  const path = freshDataDir(t);
  const config = readConfig({ PARLA_DATA_DIR: path, PARLA_XMPP_DOMAIN: 'one.example' });
  holdDataDir(config, 'start').release();
  const one = await certificate(config, dataDirOf(config));
  const other = readConfig({ PARLA_DATA_DIR: path, PARLA_XMPP_DOMAIN: 'two.example' });
  const two = await certificate(other, dataDirOf(other));
  assert.notEqual(two.cert, one.cert);
  assert.equal(new X509Certificate(two.cert).checkHost('two.example'), 'two.example');
  writeFileSync(join(path, 'tls-key.pem'), one.key);
  const three = await certificate(other, dataDirOf(other));
  assert.equal(pairFault(three.cert, three.key), null);
});
