// Owns the table of stanzas that are wrong, sent by an operator who is logged in, each with the exact answer it gets.
// None of them may reach the chat, or end anything but, where the answer says so, its own stream.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { domain, type Stage, visitorJid, xmppStage } from '../support/xmpp-edge.ts';

const stanzas = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
const me = `${'anna'}@${domain}/desk`;
const error = (type: string, condition: string, text = '') =>
  `<error type='${type}'><${condition} ${stanzas}/>${text === '' ? '' : `<text ${stanzas} xml:lang='en'>${text}</text>`}</error>`;
const iqError = (attributes: string, payload: string, fault: string) =>
  `<iq type='error'${attributes} to='${me}'>${payload}${fault}</iq>`;
const ping = "<ping xmlns='urn:xmpp:ping'/>";
const roster = (items: string) => `<query xmlns='jabber:iq:roster'>${items}</query>`;

/** Answered with exactly this, and the stream goes on. */
const answered: readonly (readonly [name: string, sent: string, answer: string])[] = [
  ['an iq without an id', `<iq type='get'>${ping}</iq>`, iqError('', ping, error('modify', 'bad-request'))],
  [
    'an iq with an empty id',
    `<iq type='get' id=''>${ping}</iq>`,
    iqError(" id=''", ping, error('modify', 'bad-request')),
  ],
  ['an iq without a type', `<iq id='1'>${ping}</iq>`, iqError(" id='1'", ping, error('modify', 'bad-request'))],
  [
    'an iq of an unknown type',
    `<iq type='do' id='1'>${ping}</iq>`,
    iqError(" id='1'", ping, error('modify', 'bad-request')),
  ],
  ['an iq without a payload', "<iq type='get' id='1'/>", iqError(" id='1'", '', error('modify', 'bad-request'))],
  [
    'an iq with two payloads',
    `<iq type='get' id='1'>${ping}${ping}</iq>`,
    iqError(" id='1'", ping + ping, error('modify', 'bad-request')),
  ],
  [
    'an iq that nobody understands',
    "<iq type='get' id='1'><x xmlns='urn:x'/></iq>",
    iqError(" id='1'", "<x xmlns='urn:x'/>", error('cancel', 'service-unavailable')),
  ],
  [
    'an iq to a visitor who is not there',
    `<iq type='get' id='1' to='snobody@visitors.${domain}'>${ping}</iq>`,
    iqError(` from='snobody@visitors.${domain}' id='1'`, ping, error('cancel', 'item-not-found')),
  ],
  [
    'an iq to an operator who is not there',
    `<iq type='get' id='1' to='nobody@${domain}'>${ping}</iq>`,
    iqError(` from='nobody@${domain}' id='1'`, ping, error('cancel', 'item-not-found')),
  ],
  [
    'an iq to an operator of another site',
    `<iq type='get' id='1' to='carl@${domain}'>${ping}</iq>`,
    iqError(` from='carl@${domain}' id='1'`, ping, error('cancel', 'item-not-found')),
  ],
  [
    'an iq to another server',
    `<iq type='get' id='1' to='other.example'>${ping}</iq>`,
    iqError(" from='other.example' id='1'", ping, error('cancel', 'item-not-found')),
  ],
  [
    'an iq to a device that is not there',
    `<iq type='get' id='1' to='anna@${domain}/phone'>${ping}</iq>`,
    iqError(` from='anna@${domain}/phone' id='1'`, ping, error('cancel', 'service-unavailable')),
  ],
  [
    'an iq to no address at all',
    `<iq type='get' id='1' to='@@'>${ping}</iq>`,
    iqError(` from='anna@${domain}' id='1'`, ping, error('modify', 'jid-malformed')),
  ],
  [
    'a second resource',
    "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    iqError(
      " id='1'",
      "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>",
      error('cancel', 'not-allowed', 'One resource for each stream.'),
    ),
  ],
  [
    'a roster change of nobody',
    `<iq type='set' id='1'>${roster('')}</iq>`,
    iqError(" id='1'", "<query xmlns='jabber:iq:roster'/>", error('modify', 'bad-request')),
  ],
  [
    'a roster change of two',
    `<iq type='set' id='1'>${roster("<item jid='a@b'/><item jid='c@d'/>")}</iq>`,
    iqError(" id='1'", roster("<item jid='a@b'/><item jid='c@d'/>"), error('modify', 'bad-request')),
  ],
  [
    'a roster change of no address',
    `<iq type='set' id='1'>${roster("<item jid='@@'/>")}</iq>`,
    iqError(" id='1'", roster("<item jid='@@'/>"), error('modify', 'jid-malformed')),
  ],
  [
    'a roster group without a name',
    `<iq type='set' id='1'>${roster("<item jid='a@b'><group/></item>")}</iq>`,
    iqError(" id='1'", roster("<item jid='a@b'><group/></item>"), error('modify', 'not-acceptable')),
  ],
  [
    'a roster group twice',
    `<iq type='set' id='1'>${roster("<item jid='a@b'><group>g</group><group>g</group></item>")}</iq>`,
    iqError(
      " id='1'",
      roster("<item jid='a@b'><group>g</group><group>g</group></item>"),
      error('modify', 'bad-request'),
    ),
  ],
  [
    'the removal of who is not in the roster',
    `<iq type='set' id='1'>${roster("<item jid='a@b' subscription='remove'/>")}</iq>`,
    iqError(" id='1'", roster("<item jid='a@b' subscription='remove'/>"), error('cancel', 'item-not-found')),
  ],
  [
    'a change of somebody else’s roster',
    `<iq type='set' id='1' to='ben@${domain}'>${roster("<item jid='a@b'/>")}</iq>`,
    iqError(` from='ben@${domain}' id='1'`, roster("<item jid='a@b'/>"), error('cancel', 'service-unavailable')),
  ],
  [
    'a private query about nothing',
    "<iq type='get' id='1'><query xmlns='jabber:iq:private'/></iq>",
    iqError(" id='1'", "<query xmlns='jabber:iq:private'/>", error('modify', 'bad-request')),
  ],
  [
    'an unknown disco node',
    `<iq type='get' id='1' to='${domain}'><query xmlns='http://jabber.org/protocol/disco#info' node='x'/></iq>`,
    iqError(
      ` from='${domain}' id='1'`,
      "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>",
      error('cancel', 'item-not-found'),
    ),
  ],
  [
    'a presence of an unknown type',
    "<presence type='here'/>",
    `<presence type='error' to='${me}'>${error('modify', 'bad-request')}</presence>`,
  ],
  [
    'a presence with an unknown show',
    '<presence><show>gone fishing</show></presence>',
    `<presence type='error' to='${me}'><show>gone fishing</show>${error('modify', 'bad-request')}</presence>`,
  ],
  [
    'a presence with an impossible priority',
    '<presence><priority>300</priority></presence>',
    `<presence type='error' to='${me}'><priority>300</priority>${error('modify', 'bad-request')}</presence>`,
  ],
  [
    'a subscription to somebody unknown',
    `<presence type='subscribe' id='1' to='x@other.example'/>`,
    `<presence type='error' from='x@other.example' id='1' to='${me}'>${error('cancel', 'item-not-found')}</presence>`,
  ],
  [
    'a subscription to nobody',
    "<presence type='subscribe'/>",
    `<presence type='error' to='${me}'>${error('modify', 'bad-request', 'to whom?')}</presence>`,
  ],
  [
    'a message to an unknown operator',
    `<message to='nobody@${domain}' id='1'><body>x</body></message>`,
    `<message type='error' from='nobody@${domain}' id='1' to='${me}'><body>x</body>${error('cancel', 'item-not-found')}</message>`,
  ],
  [
    'a message to an operator of another site',
    `<message to='carl@${domain}' id='1'><body>x</body></message>`,
    `<message type='error' from='carl@${domain}' id='1' to='${me}'><body>x</body>${error('cancel', 'item-not-found')}</message>`,
  ],
  [
    'a message to another server',
    `<message to='x@other.example' id='1'><body>x</body></message>`,
    `<message type='error' from='x@other.example' id='1' to='${me}'><body>x</body>${error('cancel', 'item-not-found')}</message>`,
  ],
  [
    'a message to what is no visitor',
    `<message to='nonsense@visitors.${domain}' id='1'><body>x</body></message>`,
    `<message type='error' from='nonsense@visitors.${domain}' id='1' to='${me}'><body>x</body>${error('cancel', 'item-not-found')}</message>`,
  ],
  [
    'a message to no address',
    "<message to='a@b@c' id='1'><body>x</body></message>",
    `<message type='error' from='anna@${domain}' id='1' to='${me}'><body>x</body>${error('modify', 'jid-malformed')}</message>`,
  ],
  [
    'a message to the server',
    `<message to='${domain}' id='1'><body>x</body></message>`,
    `<message type='error' from='${domain}' id='1' to='${me}'><body>x</body>${error('cancel', 'service-unavailable')}</message>`,
  ],
  [
    'a message to a colleague who is away',
    `<message to='ben@${domain}' type='chat' id='1'><body>x</body></message>`,
    `<message type='error' from='ben@${domain}' id='1' to='${me}'><body>x</body>${error('cancel', 'service-unavailable')}</message>`,
  ],
  [
    'a groupchat message to a visitor',
    `<message to='${visitorJid}' type='groupchat' id='1'><body>x</body></message>`,
    `<message type='error' from='${visitorJid}' id='1' to='${me}'><body>x</body>${error('cancel', 'service-unavailable')}</message>`,
  ],
  [
    'resumption',
    "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>",
    `<failed xmlns='urn:xmpp:sm:3'><feature-not-implemented ${stanzas}/></failed>`,
  ],
  [
    'a question for acknowledgement before it was enabled',
    "<r xmlns='urn:xmpp:sm:3'/>",
    `<failed xmlns='urn:xmpp:sm:3'><unexpected-request ${stanzas}/></failed>`,
  ],
];

/** Ends the stream, with this error. */
const ended: readonly (readonly [name: string, sent: string, condition: string])[] = [
  ['from somebody else', `<message from='ben@${domain}' to='${visitorJid}'><body>x</body></message>`, 'invalid-from'],
  [
    'from another device',
    `<message from='anna@${domain}/other' to='${visitorJid}'><body>x</body></message>`,
    'invalid-from',
  ],
  ['of an unknown kind', "<nonsense xmlns='jabber:client'/>", 'unsupported-stanza-type'],
  ['of an unknown namespace', "<x xmlns='urn:x'/>", 'unsupported-stanza-type'],
  ['of the namespace of servers', "<message xmlns='jabber:server' to='x@y'/>", 'invalid-namespace'],
  ['of a mebibyte', `<message to='${visitorJid}'><body>${'x'.repeat(1_048_576)}</body></message>`, 'policy-violation'],
  ['with a comment', `<message to='${visitorJid}'><body>x<!-- y --></body></message>`, 'restricted-xml'],
  ['with an entity', `<message to='${visitorJid}'><body>&hello;</body></message>`, 'restricted-xml'],
  ['whose end has another name', `<message to='${visitorJid}'><body>x</body></note>`, 'not-well-formed'],
  ['that is cut in two', `<message to='${visitorJid}'><body>x</message>`, 'not-well-formed'],
  ['with a control character', `<message to='${visitorJid}'><body>\u0007</body></message>`, 'not-well-formed'],
  ['outside of every element', 'hello ', 'not-well-formed'],
  ['with an unknown acknowledgement', "<zzz xmlns='urn:xmpp:sm:3'/>", 'unsupported-stanza-type'],
];

describe('a wrong stanza of an operator', () => {
  let stage: Stage;
  before(async () => {
    stage = await xmppStage();
  });
  after(() => stage.close());

  it('in any of the forms of this table is answered exactly so, and the stream goes on', async (t) => {
    const client = await stage.login('anna');
    for (const [name, sent, answer] of answered) {
      await t.test(name, async () => {
        client.send(sent);
        assert.equal(await client.until(answer), answer);
        client.send(`<iq type='get' id='after'>${ping}</iq>`);
        const after = `<iq type='result' id='after' to='${me}'/>`;
        assert.equal(await client.until(after), after);
      });
    }
    assert.deepEqual(
      stage.node.calls.filter((call) => call.name === 'say'),
      [],
    );
    client.destroy();
  });

  for (const [name, sent, condition] of ended) {
    it(`${name} ends its stream with ${condition}`, async () => {
      const client = await stage.login('anna');
      client.send(sent.endsWith(' ') ? `${sent}<presence/>` : sent);
      const answer = await client.ended();
      assert.match(answer, new RegExp(`^(<presence[^>]*type='unavailable'/>)?<stream:error><${condition} `));
      assert.match(answer, /<\/stream:error><\/stream:stream>$/);
      assert.deepEqual(
        stage.node.calls.filter((call) => call.name === 'say'),
        [],
      );
    });
  }

  it('of type error is never answered', async () => {
    const client = await stage.login('anna');
    client.send(
      `<message type='error' to='nobody@${domain}' id='1'/><iq type='error' id='x' to='nobody@${domain}'/><presence type='error' to='@@'/>`,
    );
    client.send(`<iq type='get' id='after'>${ping}</iq>`);
    assert.equal(await client.until('/>'), `<iq type='result' id='after' to='${me}'/>`);
    client.destroy();
  });

  it('of 10,000 bytes is not wrong', async () => {
    const client = await stage.login('anna');
    client.send(`<message type='chat' id='long' to='${visitorJid}'><body>${'x'.repeat(9_900)}</body></message>`);
    client.send(`<iq type='get' id='after'>${ping}</iq>`);
    await client.until("id='after'");
    assert.equal(stage.node.calls.filter((call) => call.name === 'say').length, 1);
    client.destroy();
  });

  it('is none that is only whitespace, however much of it comes', async () => {
    const client = await stage.login('anna');
    for (let round = 0; round < 20; round += 1) client.send(' '.repeat(20_000));
    client.send(`<iq type='get' id='after'>${ping}</iq>`);
    await client.until("id='after'");
    client.destroy();
  });
});
