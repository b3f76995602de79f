// Owns reading a node's /metrics page: counters by name and labels, and their growth between two readings.
// It knows no metric by name and asks nothing else of the node.

export interface Sample {
  readonly name: string;
  readonly labels: { readonly [label: string]: string };
  readonly value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Prometheus' text format, as far as counters and gauges need it. */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((row) => {
    const found = row.startsWith('#') ? null : line.exec(row);
    if (found === null) return [];
    const labels: Record<string, string> = {};
    for (const [, name, value] of (found[2] ?? '').matchAll(label)) labels[name ?? ''] = value ?? '';
    return [{ name: found[1] ?? '', labels, value: Number(found[3]) }];
  });
}

export async function readMetrics(url: string, adminToken: string): Promise<Sample[]> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminToken}` } });
  if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status}`);
  return parseMetrics(await answer.text());
}

/** How much each counter of this name grew, keyed by the values of `by` joined with a space. */
export function growth(
  samples: { before: readonly Sample[]; after: readonly Sample[] },
  name: string,
  by: readonly string[],
) {
  const sums = (list: readonly Sample[]) => {
    const sum = new Map<string, number>();
    for (const sample of list) {
      if (sample.name !== name && sample.name !== `${name}_total`) continue;
      const key = by.map((each) => sample.labels[each] ?? '').join(' ');
      sum.set(key, (sum.get(key) ?? 0) + sample.value);
    }
    return sum;
  };
  const before = sums(samples.before);
  return new Map([...sums(samples.after)].map(([key, value]) => [key, value - (before.get(key) ?? 0)] as const));
}
