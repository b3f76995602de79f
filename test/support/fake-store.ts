// Owns a store that fails on command: the real tables in memory behind an actor whose answers can be lost, late or wrong.
// It never makes an outcome up: what it says was stored is stored, and what it hides is there.

import type { StoreProtocol } from '../../actors/mod.ts';
import {
  type Answer,
  type CallName,
  type CallOutcome,
  defineBehaviour,
  type Request,
  refuse,
  reply,
  success,
} from '../../runtime/mod.ts';
import { type OpenedStore, openStore } from '../../stores/mod.ts';

type FakeCall = Exclude<CallName<StoreProtocol>, 'status'>;

export type StoreFault =
  | 'none'
  /** Done, and the answer is lost: the outcome is unknown and it is there. */
  | 'answerLost'
  /** Not done, and no answer. */
  | 'requestLost'
  /** Done, and an error is reported all the same. */
  | 'doneButRefused'
  /** Not done, and an error is reported. */
  | 'refused'
  /** An append is rolled back: every group failed, and may be tried again. */
  | 'rolledBack';

export class FakeDisk {
  readonly store: OpenedStore;
  /** One for each append to come; an empty list means none. */
  readonly appendFaults: StoreFault[] = [];
  /** The same for calls that read. */
  readonly readFaults: StoreFault[] = [];
  appends = 0;
  /** As when nothing listens there: every call is refused. */
  refuseAll = false;
  /** A group with one of these can never be stored. */
  readonly refusedTexts = new Set<string>();
  calls: FakeCall[] = [];
  #stalled: { readonly over: Promise<void>; readonly resume: () => void } | null = null;

  private constructor(store: OpenedStore) {
    this.store = store;
  }

  static async make(): Promise<FakeDisk> {
    const store = openStore(':memory:');
    await store.migrate();
    return new FakeDisk(store);
  }

  /** Nothing is done or answered until `resume`: then everything that came is done, in order, however late. */
  stall(): void {
    if (this.#stalled !== null) return;
    let resume: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      resume = resolve;
    });
    this.#stalled = { over, resume };
  }

  resume(): void {
    this.#stalled?.resume();
    this.#stalled = null;
  }

  async untilRunning(): Promise<void> {
    await this.#stalled?.over;
  }

  heal(): void {
    this.appendFaults.length = 0;
    this.readFaults.length = 0;
    this.resume();
  }

  nextFault(name: FakeCall): StoreFault | null {
    const queue = name === 'append' ? this.appendFaults : this.readFaults;
    return queue.shift() ?? null;
  }
}

export function fakeStore(disk: FakeDisk) {
  const answered =
    <N extends FakeCall>(name: N) =>
    (_: null, request: Request<StoreProtocol, N>) =>
      answerOf(disk, name, request);
  return defineBehaviour<StoreProtocol, unknown, null>({
    name: 'fakeStore',
    init: () => null,
    calls: {
      append: answered('append'),
      tail: answered('tail'),
      load: answered('load'),
      page: answered('page'),
      conversations: answered('conversations'),
      saveMarks: answered('saveMarks'),
      marks: answered('marks'),
      sites: answered('sites'),
      site: answered('site'),
      putSite: answered('putSite'),
      removeSite: answered('removeSite'),
      operators: answered('operators'),
      operator: answered('operator'),
      putOperator: answered('putOperator'),
      removeOperator: answered('removeOperator'),
      ping: answered('ping'),
      status: () => reply({ gates: [] }),
    },
    casts: {},
  });
}

const away = { code: 'unavailable', message: 'the disk is on fire', retryable: true };

async function answerOf<N extends FakeCall>(
  disk: FakeDisk,
  name: N,
  request: Request<StoreProtocol, N>,
): Promise<CallOutcome<Answer<StoreProtocol, N>>> {
  await disk.untilRunning();
  disk.calls.push(name);
  const fault = disk.nextFault(name);
  if (fault === 'requestLost') return undefined;
  if (fault === 'refused' || disk.refuseAll) return refuse(away);
  if (fault === 'rolledBack' && name === 'append') {
    const { groups } = request as Request<StoreProtocol, 'append'>;
    const outcomes = groups.map(() => ({ type: 'failed', code: 'unavailable', retryable: true }) as const);
    return reply({ outcomes } as Answer<StoreProtocol, N>);
  }
  const result = name === 'append' ? await appended(disk, request, name) : await disk.store.call(name, request);
  if (fault === 'answerLost') return undefined;
  if (fault === 'doneButRefused') return refuse(away);
  return result.ok ? reply(result.value) : refuse(result.error);
}

/** What can never be stored is refused for ever, and what follows it in the same request is behind. */
async function appended<N extends FakeCall>(disk: FakeDisk, request: Request<StoreProtocol, N>, name: N) {
  const { groups } = request as Request<StoreProtocol, 'append'>;
  const at = groups.findIndex((group) => group.some(({ text }) => text !== null && disk.refusedTexts.has(text)));
  if (at < 0) return disk.store.call(name, request);
  const before = await disk.store.call('append', { groups: groups.slice(0, at) });
  if (!before.ok) return before;
  const refused = { type: 'failed', code: 'invalid', retryable: false } as const;
  const after = groups.slice(at + 1).map(() => ({ type: 'behind' }) as const);
  const outcomes = [...before.value.outcomes, refused, ...after];
  return success({ outcomes } as Answer<StoreProtocol, N>);
}
