// Owns every limit of the operator's edge, with its unit last.
// It enforces none of them.

export const xmppLimits = {
  /** RFC 6120 section 13.12: never below 10,000 bytes. */
  stanzaUnitsUnauthenticatedMax: 10 * 1_024,
  stanzaUnitsMax: 256 * 1_024,
  elementDepthMax: 32,
  attributesMax: 64,
  /** From the first byte to a bound resource. */
  loginMs: 60_000,
  loginFailuresMax: 5,
  connectionsMax: 20_000,
  connectionsPerAddressMax: 2_000,
  unauthenticatedPerAddressMax: 200,
  /** Wrong passwords from one address: a burst, then so many a minute. */
  failuresPerAddressMax: 50,
  failuresPerAddressPerMinute: 20,
  streamsPerOperatorMax: 20,
  /** Stanzas of one stream that await the room; beyond it the socket is not read. */
  saysInFlightMax: 32,
  sayDeadlineMs: 10_000,
  lookupDeadlineMs: 5_000,
  /** What a client has not read; beyond it the connection is given up. */
  unsentBytesMax: 4 * 1_024 * 1_024,
  closeMs: 2_000,
  tcpKeepaliveMs: 60_000,
  /** A client that has confirmed before and now is silent for so long has a dead connection. */
  confirmMs: 60_000,
  /** A client that said nothing for so long is asked whether it is there. */
  silentMs: 150_000,
  /** Messages of one stream that are sent and not confirmed; beyond it the stream is given up. */
  unconfirmedMax: 5_000,
  lostMs: 60_000,
  levelMs: 30_000,
  presenceMinMs: 1_000,
  /** How long a roster waits for the contacts of an operator who has just come. */
  firstContactsMs: 300,
  shownIdsMax: 2_000,
  rosterItemsMax: 1_000,
  keptAccountsMax: 1_000,
  privateUnitsMax: 64 * 1_024,
  stanzaIdUnitsMax: 256,
} as const;

export type XmppLimits = { readonly [name in keyof typeof xmppLimits]: number };
