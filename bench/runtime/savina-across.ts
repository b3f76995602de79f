// Owns the shapes whose actors live on two threads: casts one way, as fast as the receiver acknowledges them.
// A driver answers when all of its work is done; it measures nothing and speaks to nobody but its own actors.

import { type Address, type Context, defineBehaviour, named, type Pid } from '../../runtime/mod.ts';
import { beginRun, type CountProtocol, type Driver, type DriverProtocol, endRun } from './savina.ts';

/** Casts between two questions to the receiver, and how many questions may be open: a window, so that nothing is dropped. */
const burstMessages = 1_000;
const burstsOpenMax = 8;
const deadline = { deadlineMs: 60_000 } as const;

export const sinkName = 'sink';
const sink: Address<CountProtocol> = named(sinkName);

interface Across extends Driver {
  open: number;
}

function castAcross(name: string, message: (i: number) => unknown) {
  const burst = (state: Across, context: Context) => {
    while (state.left > 0 && state.open < burstsOpenMax) {
      for (let i = 0; i < burstMessages; i++) context.cast(sink, 'add', message(i));
      state.left -= burstMessages;
      state.open++;
      context.ask<CountProtocol, 'add'>(sink, 'add', { by: 0 }, deadline, (result) => {
        if (!result.ok) throw new Error(result.error.message);
        state.open--;
        burst(state, context);
      });
    }
    if (state.left <= 0 && state.open === 0) endRun(state, context);
  };
  return defineBehaviour<DriverProtocol, unknown, Across>({
    name,
    init: () => ({ pids: [] as Pid[], from: null, left: 0, open: 0 }),
    calls: {
      run: (state, { size }, context, from) => {
        beginRun(state, size, from);
        burst(state, context);
        return undefined;
      },
    },
    casts: { done: () => undefined, more: () => undefined },
  });
}

export const smallObject = (i: number) => ({ by: 1, id: 'a1b2c3', text: 'hello', seq: i });

export const castObjects = castAcross('castObjects', smallObject);

export const encoded = JSON.stringify({ by: 1, id: 'a1b2c3', text: 'hello'.repeat(12), seq: 7, at: 1_700_000_000_000 });

export const castEncoded = castAcross('castEncoded', () => encoded);
