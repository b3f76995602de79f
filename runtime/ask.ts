// Owns one ask of one actor, from the question to the answer in that actor's mailbox.
// It never runs what the answer is for: the actor's turn does.

import { PendingCall, timedOut } from './calls.ts';
import { enqueue } from './delivery.ts';
import type { Kernel } from './kernel.ts';
import type { Process } from './process.ts';
import type { Result } from './result.ts';
import type { AskAnswer } from './turns.ts';

export type Heard = AskAnswer['heard'];

export interface Question {
  readonly name: string;
  readonly heard: Heard;
  /** Monotonic milliseconds. */
  readonly due: number;
}

/** What waits for the answer is also what waits in the mailbox with it: one object where there were five. */
export class Ask extends PendingCall implements AskAnswer {
  declare readonly process: Process;
  declare readonly heard: Heard;
  /** The answer, when it is in the mailbox. */
  declare result: Result<unknown>;
  declare private readonly name: string;
  declare private readonly kernel: Kernel;
  declare private readonly deadline: number | null;

  constructor(kernel: Kernel, asker: Process, { name, heard, due }: Question) {
    super(asker, due);
    this.heard = heard;
    this.result = timedOut;
    this.name = name;
    this.kernel = kernel;
    // Under the deadline of the asking handler: its continuation has what is left.
    this.deadline = asker.deadline;
  }

  override settle(result: Result<unknown>): void {
    this.result = result;
    const envelope = { kind: 'answer', name: this.name, body: this, from: null, deadline: this.deadline } as const;
    enqueue(this.kernel, this.process, envelope);
  }

  override expire(): void {
    this.kernel.calls.expired(this);
  }
}
