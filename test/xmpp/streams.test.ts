// Owns the table of what RFC 6120 asks of a server before a resource is bound, each over a real TCP connection.
// It never looks at the chat.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { base64, RawClient, scramClient, streamHeader } from '../support/xmpp-client.ts';
import { domain, type Stage, xmppStage } from '../support/xmpp-edge.ts';

const streams = 'http://etherx.jabber.org/streams';
const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const head = (attributes: string) => `<?xml version='1.0'?><stream:stream ${attributes}>`;
const usual = `xmlns='jabber:client' xmlns:stream='${streams}'`;
const header = streamHeader(domain);

/** What is sent as the very first bytes, and the stream error that ends the stream. */
const openings: readonly (readonly [name: string, sent: string | Buffer, condition: string])[] = [
  ['an unknown host', streamHeader('other.example'), 'host-unknown'],
  ['no host at all', head(`${usual} version='1.0'`), 'improper-addressing'],
  ['a host that is no host name', head(`${usual} to='a b' version='1.0'`), 'improper-addressing'],
  ['a user instead of a host', head(`${usual} to='anna@${domain}' version='1.0'`), 'improper-addressing'],
  [
    'a wrong stream namespace',
    head(`xmlns='jabber:client' xmlns:stream='urn:x' to='${domain}' version='1.0'`),
    'invalid-namespace',
  ],
  [
    'a wrong content namespace',
    head(`xmlns='jabber:server' xmlns:stream='${streams}' to='${domain}' version='1.0'`),
    'invalid-namespace',
  ],
  ['no content namespace', head(`xmlns:stream='${streams}' to='${domain}' version='1.0'`), 'invalid-namespace'],
  [
    'another prefix for the stream',
    `<s:stream xmlns='jabber:client' xmlns:s='${streams}' to='${domain}' version='1.0'>`,
    'bad-namespace-prefix',
  ],
  ['another root element', `<stream:flow ${usual} to='${domain}' version='1.0'>`, 'bad-format'],
  ['no version', streamHeader(domain, ''), 'unsupported-version'],
  ['version 0.9', streamHeader(domain, "version='0.9'"), 'unsupported-version'],
  ['a version that is no number', streamHeader(domain, "version='one'"), 'unsupported-version'],
  ['something that is not XML', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'not-well-formed'],
  ['another encoding', `<?xml version='1.0' encoding='ISO-8859-1'?>${header}`, 'unsupported-encoding'],
  ['a document type', `<?xml version='1.0'?><!DOCTYPE x>${header}`, 'restricted-xml'],
  [
    'a billion laughs',
    `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${header}<iq>&b;</iq>`,
    'restricted-xml',
  ],
  ['invalid UTF-8', Buffer.concat([Buffer.from(header), Buffer.from([0xff, 0xfe, 0x80])]), 'not-well-formed'],
];

/** What is sent on a stream whose features came, before any login. */
const early: readonly (readonly [name: string, sent: string, condition: string])[] = [
  ['a message', "<message to='ben@chat.example'><body>x</body></message>", 'not-authorized'],
  ['a presence', '<presence/>', 'not-authorized'],
  ['binding', "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", 'not-authorized'],
  ['acknowledgements', "<enable xmlns='urn:xmpp:sm:3'/>", 'not-authorized'],
  ['an unknown element', "<nonsense xmlns='urn:x'/>", 'not-authorized'],
  ['mismatched tags', '<a><b></a></b>', 'not-well-formed'],
  ['a comment', '<!-- hello -->', 'restricted-xml'],
  ['a processing instruction', '<?php echo 1 ?>', 'restricted-xml'],
  ['a second XML declaration', "<?xml version='1.0'?>", 'not-well-formed'],
  ['an unknown entity', `<auth ${sasl}>&nbsp;</auth>`, 'restricted-xml'],
  ['an unbound prefix', '<x:auth/>', 'not-well-formed'],
  ['an unbound prefix of an attribute', "<auth x:a='1'/>", 'not-well-formed'],
  ['a doubled attribute', "<auth a='1' a='2'/>", 'not-well-formed'],
  ['a raw < in an attribute', "<auth a='<'/>", 'not-well-formed'],
  ['a control character', '<auth>\u0001</auth>', 'not-well-formed'],
  ['a reference to NUL', '<auth>&#0;</auth>', 'not-well-formed'],
  ['text between elements', 'hello<auth/>', 'not-well-formed'],
  ['more than a stranger may send', `<auth ${sasl}>${'A'.repeat(11_000)}`, 'policy-violation'],
  ['a name without end', `<${'a'.repeat(11_000)}`, 'policy-violation'],
  ['an attribute without end', `<a b='${'c'.repeat(11_000)}`, 'policy-violation'],
  ['too deep a tree', '<a>'.repeat(40), 'policy-violation'],
  ['too many attributes', `<a ${Array.from({ length: 70 }, (_, at) => `a${at}='1'`).join(' ')}/>`, 'policy-violation'],
];

/** A SASL element and the failure it gets; the stream goes on. */
const logins: readonly (readonly [name: string, sent: string, condition: string])[] = [
  ['an unknown mechanism', `<auth ${sasl} mechanism='DIGEST-MD5'/>`, 'invalid-mechanism'],
  ['no mechanism', `<auth ${sasl}/>`, 'invalid-mechanism'],
  ['bad base64', `<auth ${sasl} mechanism='PLAIN'>!!!</auth>`, 'incorrect-encoding'],
  ['base64 cut short', `<auth ${sasl} mechanism='PLAIN'>AGE</auth>`, 'incorrect-encoding'],
  ['half of PLAIN', `<auth ${sasl} mechanism='PLAIN'>${base64('anna')}</auth>`, 'malformed-request'],
  ['a wrong password', `<auth ${sasl} mechanism='PLAIN'>${base64('\0anna\0wrong')}</auth>`, 'not-authorized'],
  ['an unknown operator', `<auth ${sasl} mechanism='PLAIN'>${base64('\0nobody\0secret')}</auth>`, 'not-authorized'],
  [
    'a name that nobody can have',
    `<auth ${sasl} mechanism='PLAIN'>${base64('\0no body\0secret')}</auth>`,
    'not-authorized',
  ],
  [
    'a foreign identity',
    `<auth ${sasl} mechanism='PLAIN'>${base64('ben@chat.example\0anna\0secret')}</auth>`,
    'invalid-authzid',
  ],
  [
    'a foreign identity by SCRAM',
    `<auth ${sasl} mechanism='SCRAM-SHA-1'>${base64('n,a=ben@chat.example,n=anna,r=abc')}</auth>`,
    'invalid-authzid',
  ],
  [
    'SCRAM without a nonce',
    `<auth ${sasl} mechanism='SCRAM-SHA-256'>${base64('n,,n=anna')}</auth>`,
    'malformed-request',
  ],
  [
    'channel binding that was not offered',
    `<auth ${sasl} mechanism='SCRAM-SHA-256'>${base64('p=tls-unique,,n=anna,r=abc')}</auth>`,
    'malformed-request',
  ],
  ['a response to nothing', `<response ${sasl}/>`, 'malformed-request'],
];

describe('a Jabber stream before its login', () => {
  let stage: Stage;
  before(async () => {
    stage = await xmppStage({ limits: { failuresPerAddressMax: 1_000 } });
  });
  after(() => stage.close());

  it('is answered by a header with a new id, the domain and version 1.0, and by its features', async () => {
    const ids = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const client = RawClient.open(stage.port);
      const answer = await client.greet(domain);
      ids.add(/ id='([^']+)'/.exec(answer)?.[1] ?? '');
      assert.match(answer, /from='chat\.example'/);
      assert.match(answer, /version='1\.0'/);
      assert.match(answer, /<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'\/>/);
      assert.match(answer, /SCRAM-SHA-256<.*SCRAM-SHA-1<.*PLAIN</);
      client.destroy();
    }
    assert.equal(ids.size, 3);
    assert.ok(!ids.has(''));
  });

  for (const [name, sent, condition] of openings) {
    it(`that begins with ${name} ends with ${condition}`, async () => {
      const client = RawClient.open(stage.port);
      client.send(sent);
      const answer = await client.ended();
      assert.match(answer, /^<\?xml version='1\.0'\?><stream:stream /);
      assert.match(answer, new RegExp(`<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>`));
      assert.match(answer, /<\/stream:stream>$/);
    });
  }

  for (const [name, sent, condition] of early) {
    it(`on which ${name} comes ends with ${condition}`, async () => {
      const client = RawClient.open(stage.port);
      await client.greet(domain);
      client.send(sent);
      const answer = await client.ended();
      assert.match(answer, new RegExp(`^<stream:error><${condition} `));
      assert.match(answer, /<\/stream:error><\/stream:stream>$/);
    });
  }

  for (const [name, sent, condition] of logins) {
    it(`tells a login with ${name}: ${condition}, and lets it try again`, async () => {
      const client = RawClient.open(stage.port);
      await client.greet(domain);
      client.send(sent);
      assert.equal(await client.until('</failure>'), `<failure ${sasl}><${condition}/></failure>`);
      await client.plain(domain, 'anna', 'secret');
      assert.match(await client.bind('again'), /^anna@chat\.example\/again$/);
      client.destroy();
    });
  }

  for (const hash of ['sha1', 'sha256'] as const) {
    const mechanism = hash === 'sha1' ? 'SCRAM-SHA-1' : 'SCRAM-SHA-256';
    it(`logs in by ${mechanism}, and proves that the server knows the password too`, async () => {
      const client = RawClient.open(stage.port);
      await client.greet(domain);
      const scram = scramClient(hash, 'anna', 'secret');
      client.send(`<auth ${sasl} mechanism='${mechanism}'>${scram.first()}</auth>`);
      const challenge = /<challenge[^>]*>([^<]+)</.exec(await client.until('</challenge>'))?.[1] ?? '';
      client.send(`<response ${sasl}>${scram.final(challenge)}</response>`);
      assert.equal(await client.until('</success>'), `<success ${sasl}>${scram.proofOfServer}</success>`);
      client.destroy();
    });

    it(`refuses ${mechanism} with a wrong password and an unknown operator alike`, async () => {
      const answers: string[] = [];
      for (const [user, password] of [
        ['anna', 'wrong'],
        ['nobody', 'secret'],
      ] as const) {
        const client = RawClient.open(stage.port);
        await client.greet(domain);
        const scram = scramClient(hash, user, password);
        client.send(`<auth ${sasl} mechanism='${mechanism}'>${scram.first()}</auth>`);
        const challenge = /<challenge[^>]*>([^<]+)</.exec(await client.until('</challenge>'))?.[1] ?? '';
        assert.match(Buffer.from(challenge, 'base64').toString(), /^r=[^,]+,s=[A-Za-z0-9+/]{22}==,i=10000$/);
        client.send(`<response ${sasl}>${scram.final(challenge)}</response>`);
        answers.push(await client.until('</failure>'));
        client.destroy();
      }
      assert.deepEqual(answers, Array(2).fill(`<failure ${sasl}><not-authorized/></failure>`));
    });
  }

  it('gives an unknown operator the same salt each time', async () => {
    const salts = new Set<string>();
    for (let round = 0; round < 2; round += 1) {
      const client = RawClient.open(stage.port);
      await client.greet(domain);
      client.send(`<auth ${sasl} mechanism='SCRAM-SHA-256'>${scramClient('sha256', 'nobody', 'x').first()}</auth>`);
      const challenge = /<challenge[^>]*>([^<]+)</.exec(await client.until('</challenge>'))?.[1] ?? '';
      salts.add(/s=([^,]+)/.exec(Buffer.from(challenge, 'base64').toString())?.[1] ?? '');
      client.destroy();
    }
    assert.equal(salts.size, 1);
  });

  it('asks for the first message when a login brings none', async () => {
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    client.send(`<auth ${sasl} mechanism='PLAIN'/>`);
    await client.until(`<challenge ${sasl}/>`);
    client.send(`<response ${sasl}>${base64('\0anna\0secret')}</response>`);
    await client.until(`<success ${sasl}/>`);
    client.destroy();
  });

  it('can abort a login', async () => {
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    client.send(`<auth ${sasl} mechanism='SCRAM-SHA-1'>${scramClient('sha1', 'anna', 'x').first()}</auth>`);
    await client.until('</challenge>');
    client.send(`<abort ${sasl}/>`);
    assert.equal(await client.until('</failure>'), `<failure ${sasl}><aborted/></failure>`);
    client.destroy();
  });

  it('ends after five failed logins', async () => {
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    for (let round = 0; round < 5; round += 1) {
      client.send(`<auth ${sasl} mechanism='PLAIN'>${base64('\0anna\0wrong')}</auth>`);
      await client.until('</failure>');
    }
    assert.match(await client.ended(), /<policy-violation /);
  });

  it('says that accounts cannot be read now, and not that the password is wrong', async (t) => {
    const apart = await xmppStage();
    t.after(() => apart.close());
    apart.node.answer('accounts.operator', () => ({ refused: { code: 'unavailable', message: '', retryable: true } }));
    const client = RawClient.open(apart.port);
    await client.greet(domain);
    client.send(`<auth ${sasl} mechanism='PLAIN'>${base64('\0anna\0secret')}</auth>`);
    assert.equal(await client.until('</failure>'), `<failure ${sasl}><temporary-auth-failure/></failure>`);
  });

  it('takes 10,000 bytes in one element from a stranger', async () => {
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    client.send(`<auth ${sasl} mechanism='PLAIN' filler='${'x'.repeat(9_900)}'>${base64('half')}</auth>`);
    assert.equal(await client.until('</failure>'), `<failure ${sasl}><malformed-request/></failure>`);
    client.destroy();
  });

  it('closes when the client does', async () => {
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    client.send('</stream:stream>');
    assert.equal(await client.ended(), '</stream:stream>');
  });

  it('takes its bytes one by one', async () => {
    const client = RawClient.open(stage.port);
    client.raw.setNoDelay(true);
    for (const character of header) client.send(character);
    await client.until('</stream:features>');
    client.destroy();
  });

  it('refuses a login that comes together with what should follow it', async () => {
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    client.send(`<auth ${sasl} mechanism='PLAIN'>${base64('\0anna\0secret')}</auth><presence/>`);
    assert.match(await client.ended(), /^<stream:error><not-authorized /);
  });
});

describe('TLS', () => {
  it('is not begun in the middle of a login', async (t) => {
    const stage = await xmppStage();
    t.after(() => stage.close());
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    const login = `<auth ${sasl} mechanism='PLAIN'>${base64('\0anna\0secret')}</auth>`;
    client.send(`${login}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
    assert.match(await client.ended(), /^<stream:error><not-authorized /);
  });

  let stage: Stage;
  before(async () => {
    stage = await xmppStage({ plaintext: 'never' });
  });
  after(() => stage.close());

  it('is required before any login, and no mechanism is offered without it', async () => {
    const client = RawClient.open(stage.port);
    const features = await client.greet(domain);
    assert.match(features, /<starttls[^>]*><required\/><\/starttls>/);
    assert.doesNotMatch(features, /mechanism/);
    client.send(`<auth ${sasl} mechanism='PLAIN'>${base64('\0anna\0secret')}</auth>`);
    assert.equal(await client.until('</failure>'), `<failure ${sasl}><encryption-required/></failure>`);
    client.destroy();
  });

  it('comes by STARTTLS, with all mechanisms after it', async () => {
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    client.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    await client.until("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    await client.startTls();
    const features = await client.greet(domain);
    assert.doesNotMatch(features, /starttls/);
    await client.plain(domain, 'anna', 'secret');
    assert.equal(await client.bind('tls'), 'anna@chat.example/tls');
    client.destroy();
  });

  it('throws away what was sent in the clear together with STARTTLS', async () => {
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    client.send(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>${header}<auth ${sasl} mechanism='X'/>`);
    const proceed = await client.until('/>');
    assert.match(proceed, /proceed/);
    await client.startTls();
    const features = await client.greet(domain);
    assert.doesNotMatch(features, /failure/);
    client.destroy();
  });

  it('comes from the first byte on the other port, also under the name xmpp-client', async () => {
    for (const protocols of [['xmpp-client'], []]) {
      const client = RawClient.openTls(stage.tlsPort, protocols);
      await client.greet(domain);
      await client.plain(domain, 'anna', 'secret');
      assert.equal(await client.bind('direct'), 'anna@chat.example/direct');
      client.destroy();
    }
  });

  it('is not spoken with somebody who wants another protocol', async () => {
    const client = RawClient.openTls(stage.tlsPort, ['http/1.1']);
    assert.equal(await client.ended(), '');
  });

  it('is not begun twice', async () => {
    const client = RawClient.openTls(stage.tlsPort);
    await client.greet(domain);
    client.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    assert.equal(await client.ended(), "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
  });

  it('survives a client that sends rubbish instead of a handshake', async () => {
    const client = RawClient.open(stage.tlsPort);
    client.send('rubbish rubbish rubbish');
    await client.ended();
    const next = RawClient.openTls(stage.tlsPort);
    await next.greet(domain);
    next.destroy();
  });
});

describe('the limits of strangers', () => {
  it('a login that takes too long ends with connection-timeout', async (t) => {
    const stage = await xmppStage({ limits: { loginMs: 100 } });
    t.after(() => stage.close());
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    assert.match(await client.ended(), /^<stream:error><connection-timeout /);
    const silent = RawClient.open(stage.port);
    assert.match(await silent.ended(), /<connection-timeout /);
  });

  it('a connection too many from one address is closed at once, and there is room again afterwards', async (t) => {
    const stage = await xmppStage({ limits: { unauthenticatedPerAddressMax: 2 } });
    t.after(() => stage.close());
    const [one, two] = [RawClient.open(stage.port), RawClient.open(stage.port)];
    await one.greet(domain);
    await two.greet(domain);
    assert.equal(await RawClient.open(stage.port).ended(), '');
    one.send('</stream:stream>');
    await one.ended();
    while (stage.edge.stats().connections > 1) await new Promise((resolve) => setImmediate(resolve));
    const next = RawClient.open(stage.port);
    await next.greet(domain);
    two.destroy();
    next.destroy();
  });

  it('an address that guessed too often is told to come back later, even with the right password', async (t) => {
    const stage = await xmppStage({ limits: { failuresPerAddressMax: 2, failuresPerAddressPerMinute: 0 } });
    t.after(() => stage.close());
    const client = RawClient.open(stage.port);
    await client.greet(domain);
    const attempt = async (password: string) => {
      client.send(`<auth ${sasl} mechanism='PLAIN'>${base64(`\0anna\0${password}`)}</auth>`);
      return client.until('</failure>');
    };
    assert.match(await attempt('x'), /not-authorized/);
    assert.match(await attempt('y'), /not-authorized/);
    assert.match(await attempt('secret'), /temporary-auth-failure/);
    client.destroy();
  });

  it('it is counted how far each stream has come, and how many operators have one', async (t) => {
    const stage = await xmppStage();
    t.after(() => stage.close());
    const counts = () => ({ ...stage.edge.stats().streams, operators: stage.edge.stats().operators });
    const none = { login: 0, bound: 0, available: 0, closing: 0, operators: 0 };
    assert.deepEqual(counts(), none);
    const newcomer = RawClient.open(stage.port);
    await newcomer.greet(domain);
    assert.deepEqual(counts(), { ...none, login: 1 });
    const desk = await stage.login('anna');
    const phone = await stage.login('anna', { resource: 'phone', presence: null });
    assert.deepEqual(counts(), { ...none, login: 1, bound: 1, available: 1, operators: 1 });
    for (const client of [newcomer, desk, phone]) {
      client.send('</stream:stream>');
      await client.ended();
    }
    while (stage.edge.stats().connections > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(counts(), none);
  });
});
