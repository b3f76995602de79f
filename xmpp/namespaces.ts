// Owns the names of the XML namespaces that Parla speaks, each with the document that defines it.
// It never decides who answers them: that is iq.ts's table.

export const NS = {
  /** RFC 6120 */
  streams: 'http://etherx.jabber.org/streams',
  streamErrors: 'urn:ietf:params:xml:ns:xmpp-streams',
  stanzaErrors: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  client: 'jabber:client',
  tls: 'urn:ietf:params:xml:ns:xmpp-tls',
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  /** RFC 3921, asked for by older clients. */
  session: 'urn:ietf:params:xml:ns:xmpp-session',
  /** RFC 6121 */
  roster: 'jabber:iq:roster',
  /** XEP-0030 */
  discoInfo: 'http://jabber.org/protocol/disco#info',
  discoItems: 'http://jabber.org/protocol/disco#items',
  /** XEP-0049 */
  privateXml: 'jabber:iq:private',
  /** XEP-0054 */
  vcard: 'vcard-temp',
  /** XEP-0085 */
  chatStates: 'http://jabber.org/protocol/chatstates',
  /** XEP-0092 */
  version: 'jabber:iq:version',
  /** XEP-0115 */
  caps: 'http://jabber.org/protocol/caps',
  /** XEP-0172 */
  nick: 'http://jabber.org/protocol/nick',
  /** XEP-0191 */
  blocking: 'urn:xmpp:blocking',
  /** XEP-0198 */
  acks: 'urn:xmpp:sm:3',
  /** XEP-0199 */
  ping: 'urn:xmpp:ping',
  /** XEP-0202 */
  time: 'urn:xmpp:time',
  /** XEP-0203 */
  delay: 'urn:xmpp:delay',
  /** XEP-0280, XEP-0297, XEP-0334 */
  carbons: 'urn:xmpp:carbons:2',
  forward: 'urn:xmpp:forward:0',
  hints: 'urn:xmpp:hints',
  /** XEP-0359 */
  stanzaIds: 'urn:xmpp:sid:0',
  /** XML itself */
  xml: 'http://www.w3.org/XML/1998/namespace',
} as const;
