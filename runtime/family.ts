// Owns the members of one family on one thread: makes an actor for a key when a message wants it, and lets it go.
// It never keeps a message back for later: what cannot be taken is refused at once, with a time to come back.
//
//   message for key --> member lives --> its mailbox
//                   \-> nobody       --> may it be made? --> spawn, first message waits in the mailbox
//                                            |
//                                            +--> init failed or crashed too often a moment ago: refused

import { enqueue } from './delivery.ts';
import { failureOfExit, isQuiet, runtimeFailure } from './failures.ts';
import { stableHash } from './hash.ts';
import type { FamilyInspection } from './inspection.ts';
import type { FamilyPort, Kernel, Refusal } from './kernel.ts';
import { KeyTable } from './key-table.ts';
import { KeyTroubles } from './key-troubles.ts';
import { abandon, spawn } from './lifecycle.ts';
import type { Envelope } from './mailbox.ts';
import type { ExitReason } from './outcome.ts';
import type { Process, ProcessOwner, SpawnOrder } from './process.ts';
import { doom } from './signals.ts';
import type { FamilySpec } from './spec.ts';

const shutdownMsDefault = 5_000;
const noproc: Refusal = runtimeFailure('noproc', 'nobody lives under this key');

export class Family implements FamilyPort, ProcessOwner {
  readonly #kernel: Kernel;
  readonly #spec: FamilySpec;
  /** What all of them begin with. */
  readonly #memberSpec: Omit<SpawnOrder['spec'], 'args'>;
  readonly #args: { readonly [name: string]: unknown };
  readonly #members = new KeyTable<Process>();
  readonly #troubles = new KeyTroubles();
  #stopping: (() => void) | null = null;

  constructor(kernel: Kernel, spec: FamilySpec) {
    this.#kernel = kernel;
    this.#spec = spec;
    this.#memberSpec = memberSpec(spec);
    this.#args = { ...spec.args };
  }

  get family(): string {
    return this.#spec.family;
  }

  inspect(): FamilyInspection {
    const { family, behaviour } = this.#spec;
    return { family, behaviour, members: this.#members.size, troubled: this.#troubles.size };
  }

  member(key: string): Process | null {
    return this.#members.get(hashOf(key), key) ?? null;
  }

  deliver(key: string, wake: boolean, envelope: Envelope): Refusal {
    const hash = hashOf(key);
    const member = this.#members.get(hash, key);
    if (member !== undefined) return enqueue(this.#kernel, member, envelope);
    if (!wake || this.#stopping !== null) return noproc;
    const shunned = this.#kernel.shunned(hash);
    if (shunned !== null) return shunned;
    const trouble = this.#troubles.refusal(key, this.#kernel.clock.monotonic());
    if (trouble !== null) return trouble;
    const made = spawn(this.#kernel, this.#order(key));
    if (made === null) return runtimeFailure('undef', `no behaviour ${this.#spec.behaviour} on this thread`);
    this.#members.add(hash, key, made);
    return enqueue(this.#kernel, made, envelope);
  }

  ended(process: Process, reason: ExitReason, leftOver: readonly Envelope[]): void {
    const key = process.key as string;
    this.#members.delete(process.keyHash, key);
    this.#remember(key, process, reason);
    if (reason === 'normal' && !process.hasStarted)
      abandon(this.#kernel, { leftOver, reason: 'noproc', to: this.family });
    else if (reason === 'normal' && this.#stopping === null) this.#comeBack(key, leftOver);
    else abandon(this.#kernel, { leftOver, reason, to: this.family });
    if (this.#members.size === 0) this.#stopping?.();
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#stopping = resolve;
      if (this.#members.size === 0) resolve();
      for (const member of this.#members.values()) this.#shutDown(member);
    });
  }

  /** What came while it was being put away makes it again: nothing that was sent to a key is lost by passivation. */
  #comeBack(key: string, leftOver: readonly Envelope[]): void {
    const waiting = leftOver.filter(({ kind }) => kind === 'cast' || kind === 'call');
    for (const envelope of waiting) {
      if (this.deliver(key, true, envelope) !== null)
        abandon(this.#kernel, { leftOver: [envelope], reason: 'noproc', to: this.family });
    }
  }

  #remember(key: string, process: Process, reason: ExitReason): void {
    const now = this.#kernel.clock.monotonic();
    if (isQuiet(reason)) return;
    if (process.hasStarted) this.#troubles.crashed(key, now);
    else this.#troubles.initFailed(key, failureOfExit(reason), now);
  }

  #order(key: string): SpawnOrder {
    const spec = { ...this.#memberSpec, args: { ...this.#args, key } };
    return { spec, parent: null, key, restarts: this.#troubles.crashes(key), owner: this, ack: null };
  }

  #shutDown(member: Process): void {
    const { shutdown = shutdownMsDefault } = this.#spec;
    if (shutdown === 'brutalKill') {
      doom(this.#kernel, member, 'killed');
      return;
    }
    const stop: Envelope = { kind: 'stop', name: 'stop', body: 'shutdown', from: null, deadline: null };
    enqueue(this.#kernel, member, stop);
    if (shutdown !== 'infinity') {
      this.#kernel.timers.start('familyStop', shutdown, () => doom(this.#kernel, member, 'killed'));
    }
  }
}

function memberSpec(spec: FamilySpec): Omit<SpawnOrder['spec'], 'args'> {
  const { behaviour, shutdown, mailboxMessagesMax, handlerDeadlineMs, initDeadlineMs } = spec;
  return {
    behaviour,
    ...(shutdown === undefined ? {} : { shutdown }),
    ...(mailboxMessagesMax === undefined ? {} : { mailboxMessagesMax }),
    ...(handlerDeadlineMs === undefined ? {} : { handlerDeadlineMs }),
    ...(initDeadlineMs === undefined ? {} : { initDeadlineMs }),
  };
}

/** As in a process's own `keyHash`. */
function hashOf(key: string): number {
  return stableHash(key) | 0;
}
