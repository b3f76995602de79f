// Owns what this edge counts for the metrics: how often something happened, by a small closed set of names.
// It never holds a name or a text of anybody.

export const counted = [
  'connectionsAccepted',
  'connectionsRefused',
  'loginsFailed',
  'loginsDone',
  'streamErrors',
  'streamsLost',
  'stanzasIn',
  'stanzasOut',
  'messagesDelivered',
  'messagesConfirmed',
  'saysSent',
  'saysRefused',
  'unreadGivenUp',
] as const;
export type Counted = (typeof counted)[number];

export class Counters {
  readonly #counts = new Map<Counted, number>();

  add(name: Counted, by = 1): void {
    this.#counts.set(name, this.of(name) + by);
  }

  of(name: Counted): number {
    return this.#counts.get(name) ?? 0;
  }

  all(): { readonly [name in Counted]: number } {
    return Object.fromEntries(counted.map((name) => [name, this.of(name)])) as { [name in Counted]: number };
  }
}
