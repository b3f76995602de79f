// Owns the bound of a look at a backend: it has two seconds, and then what it opened is destroyed.
// It never waits for a server to say goodbye.

export const probeMsMax = 2_000;

export class ProbeTimeout extends Error {
  constructor() {
    super(`no answer within ${probeMsMax / 1_000} s`);
    this.name = 'ProbeTimeout';
  }
}

/** `opened` is told how to end what the work has opened; that is done in any case. */
export async function probe<T>(work: (opened: (end: () => void) => void) => Promise<T>): Promise<T> {
  const ends: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ProbeTimeout()), probeMsMax);
  });
  const working = work((end) => ends.push(end));
  // Once the time is over nobody waits for it, and what was destroyed under it fails.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, over]);
  } finally {
    clearTimeout(timer);
    for (const end of ends) end();
  }
}

/** The difference of a server's clock to ours, which it told while we waited from `before` to `after`. */
export function skewOf(
  serverMs: number,
  { before, after }: { readonly before: number; readonly after: number },
): number {
  return Math.round(serverMs - (before + after) / 2);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
