// Owns the stable hash that gives a key its scheduler thread: the same on every thread, node and version.
// It is not for secrets and not for tables that an attacker may fill: keys are checked ids.

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** FNV-1a over the UTF-16 units, with a final mix so that keys which differ at their end only spread well. */
export function stableHash(text: string): number {
  let hash = fnvOffset;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), fnvPrime);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
