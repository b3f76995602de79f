// Owns the actor named `journal`: the journal's file on its gate thread, its calls answered one after the other.
// It never waits inside a call, and never fails to start: without a usable file it refuses, and tries again.

import { basename } from 'node:path';
import type { JournalProtocol } from '../../actors/mod.ts';
import type { Request } from '../../runtime/mod.ts';
import {
  type Answer,
  allowBlocking,
  type CallOutcome,
  type Context,
  defineBehaviour,
  refuse,
  reply,
} from '../../runtime/mod.ts';
import { FileStatus } from '../sqlite/file-status.ts';
import { type JournalCall, type JournalEvent, OpenedJournal } from './opened-journal.ts';

export interface JournalArgs {
  readonly path: string;
  /** Default 64 MiB, of messages and what they cost in the file. */
  readonly bytesMax?: number;
  /** Default 500,000. */
  readonly entriesMax?: number;
}

const bytesMaxDefault = 64 * 1_024 * 1_024;
const entriesMaxDefault = 500_000;
/** A sync that takes longer hangs in the disk: the thread is then given up, and comes back with the file opened anew. */
const callBlocksMsMax = 5_000;
/** The same trouble is said again after so long. */
const repeatLogMs = 60_000;

interface JournalState {
  readonly journal: OpenedJournal;
  readonly status: FileStatus;
}

export const journal = defineBehaviour<JournalProtocol, JournalArgs, JournalState>({
  name: 'journal',
  init({ path, bytesMax = bytesMaxDefault, entriesMax = entriesMaxDefault }, context) {
    const opened = new OpenedJournal({
      path,
      limits: { bytesMax, entriesMax },
      now: () => context.now(),
      report: reporter(context),
    });
    const returned = allowBlocking(Number.POSITIVE_INFINITY);
    const held = opened.call('contents', {});
    returned();
    if (held.ok && held.value.groups > 0) {
      const { groups, entries, rooms } = held.value;
      context.log('warn', 'the journal holds messages that SQL does not have yet', { groups, entries, rooms });
    }
    return { journal: opened, status: new FileStatus(basename(path), context.now(), 'journal') };
  },
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
    status: ({ status }) => reply({ gates: [status.told()] }),
  },
  casts: {},
  terminate: ({ journal: opened }) => opened.close(),
});

function answered<N extends JournalCall>(name: N) {
  return (
    { journal: opened, status }: JournalState,
    request: Request<JournalProtocol, N>,
    context: Context,
  ): CallOutcome<Answer<JournalProtocol, N>> => {
    const returned = allowBlocking(callBlocksMsMax);
    const before = context.monotonic();
    const result = opened.call(name, request);
    returned();
    const failure = result.ok || result.error.code !== 'unavailable' ? null : result.error.code;
    status.called(failure, { now: context.now(), tookMs: context.monotonic() - before });
    context.count('journal_calls', { call: name, outcome: result.ok ? 'ok' : result.error.code });
    return result.ok ? reply(result.value) : refuse(result.error);
  };
}

/** A line for each change; trouble that goes on is said once a minute. */
function reporter(context: Context): (event: JournalEvent) => void {
  const saidAt = new Map<string, number>();
  const again = (type: string) => context.monotonic() - (saidAt.get(type) ?? Number.NEGATIVE_INFINITY) >= repeatLogMs;
  return (event) => {
    context.count('journal_events', { type: event.type });
    if (event.type === 'opened') {
      if (saidAt.delete('closed')) context.log('info', 'the journal can be used again');
      return;
    }
    if (!again(event.type)) return;
    saidAt.set(event.type, context.monotonic());
    const { type: _, ...fields } = event;
    context.log('error', texts[event.type], fields);
  };
}

const texts = {
  setAside: 'the journal was damaged and is kept under another name: messages in it are not in SQL',
  damaged: 'messages in the journal were damaged and are kept aside',
  refused: 'the journal cannot take anything now',
  full: 'the journal is full: senders are told to try again',
  closed: 'the journal cannot be used',
};
