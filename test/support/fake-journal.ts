// Owns a journal that fails on command: the real one in memory behind an actor whose answers can be lost, late or wrong.
// It never makes an outcome up, and its file outlives the actor as a file on disk would.

import type { JournalContents, JournalProtocol } from '../../actors/mod.ts';
import {
  type Answer,
  type CallName,
  type CallOutcome,
  defineBehaviour,
  type Request,
  refuse,
  reply,
} from '../../runtime/mod.ts';
import { OpenedJournal } from '../../stores/journal/opened-journal.ts';

type FakeCall = Exclude<CallName<JournalProtocol>, 'status'>;

/** As those of the store. */
export type JournalFault = 'answerLost' | 'requestLost' | 'doneButRefused' | 'refused';

export class FakeJournal {
  readonly file: OpenedJournal;
  /** One for each put to come. */
  readonly putFaults: JournalFault[] = [];
  /** The same for all other calls but `begin`. */
  readonly callFaults: JournalFault[] = [];
  puts = 0;
  #stalled: { readonly over: Promise<void>; readonly resume: () => void } | null = null;

  constructor({ bytesMax = 10_000_000 } = {}) {
    this.file = new OpenedJournal({
      path: ':memory:',
      limits: { bytesMax, entriesMax: 100_000 },
      now: () => 0,
      report: () => undefined,
    });
  }

  get contents(): JournalContents {
    const result = this.file.call('contents', {});
    if (!result.ok) throw new Error(result.error.message);
    return result.value;
  }

  /** Nothing is done or answered until `resume`. */
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
    this.putFaults.length = 0;
    this.callFaults.length = 0;
    this.resume();
  }

  nextFault(name: FakeCall): JournalFault | null {
    if (name === 'begin') return null;
    return (name === 'put' ? this.putFaults : this.callFaults).shift() ?? null;
  }
}

export function fakeJournal(journal: FakeJournal) {
  const answered =
    <N extends FakeCall>(name: N) =>
    (_: null, request: Request<JournalProtocol, N>) =>
      answerOf(journal, name, request);
  return defineBehaviour<JournalProtocol, unknown, null>({
    name: 'fakeJournal',
    init: () => null,
    calls: {
      begin: answered('begin'),
      put: answered('put'),
      oldest: answered('oldest'),
      remove: answered('remove'),
      replace: answered('replace'),
      setAside: answered('setAside'),
      room: answered('room'),
      tail: answered('tail'),
      rooms: answered('rooms'),
      keepMarks: answered('keepMarks'),
      dropMarks: answered('dropMarks'),
      remembered: answered('remembered'),
      remember: answered('remember'),
      forget: answered('forget'),
      contents: answered('contents'),
      status: () => reply({ gates: [] }),
    },
    casts: {},
  });
}

const away = { code: 'unavailable', message: 'the disk is gone', retryable: true };

async function answerOf<N extends FakeCall>(
  journal: FakeJournal,
  name: N,
  request: Request<JournalProtocol, N>,
): Promise<CallOutcome<Answer<JournalProtocol, N>>> {
  await journal.untilRunning();
  if (name === 'put') journal.puts += 1;
  const fault = journal.nextFault(name);
  if (fault === 'requestLost') return undefined;
  if (fault === 'refused') return refuse(away);
  const result = journal.file.call(name, request);
  if (fault === 'answerLost') return undefined;
  if (fault === 'doneButRefused') return refuse(away);
  return result.ok ? reply(result.value) : refuse(result.error);
}
