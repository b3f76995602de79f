// Owns whose request it is by network address: the peer's, or what a trusted proxy says of it.
// An address is only ever counted by limits; it never grants anything.

import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Hops of X-Forwarded-For that are looked at; a longer list is somebody's game. */
const hopsMax = 20;

export interface ClientAddresses {
  /** The budget this request counts on: an IPv4 address, or the /64 of an IPv6 address. */
  keyOf(peer: string | undefined, forwardedFor: string | undefined): string;
}

/** `trusted`: addresses or networks (`10.0.0.0/8`) whose X-Forwarded-For counts. Throws on what is neither. */
export function createClientAddresses(trusted: readonly string[]): ClientAddresses {
  const networks = trusted.map(networkOf);
  const isTrusted = (address: Address) => networks.some((network) => within(address, network));
  return {
    keyOf(peer, forwardedFor) {
      let client = addressOf(peer ?? '');
      if (client === null) return 'unknown';
      const hops = (forwardedFor ?? '').split(',').slice(-hopsMax);
      while (hops.length > 0 && isTrusted(client)) {
        const before = addressOf(hops.pop()?.trim() ?? '');
        if (before === null) break;
        client = before;
      }
      return budgetOf(client);
    },
  };
}

function networkOf(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function within(address: Address, network: Network): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}

function addressOf(text: string): Address | null {
  const bare = text.replace(/%.*$/, '');
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : null;
}

function budgetOf(address: Address): string {
  if (address.kind() === 'ipv4') return address.toString();
  const network = (address as ipaddr.IPv6).parts.slice(0, 4);
  return `${network.map((part) => part.toString(16)).join(':')}::/64`;
}
