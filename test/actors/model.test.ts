// Owns the proof by chance: visitors and operators do anything, actors end and the store fails at any moment, and still
// every acknowledged message is there once, in order, and was shown to both sides. A seed that fails is a test to keep.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChatMessage, history, type OperatorName, roomAt, siteAt, store } from '../../actors/mod.ts';
import { crash } from '../support/breakable.ts';
import { chatStage, demo, must, Operator, type Stage, Visitor } from '../support/chat-stage.ts';
import type { JournalFault } from '../support/fake-journal.ts';
import type { StoreFault } from '../support/fake-store.ts';

/** The last ones found a fault each. */
const seeds = [...Array.from({ length: 24 }, (_, index) => index + 1), 319, 419, 5_072];
const stepsPerSeed = 160;

/** Small and the same everywhere (mulberry32). */
function chance(seed: number) {
  let state = seed * 7_919;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(random() * end);
  const one = <T>(of: readonly T[]): T => {
    const chosen = of[below(of.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  };
  return { below, one };
}

/** Something that its sender repeats until it is answered. */
interface Line {
  readonly text: string;
  readonly visitor: Visitor;
  readonly send: () => Promise<void>;
  /** How often it was sent: of several at once, one may be refused and another not. */
  sends: number;
  answer: { readonly id: string; readonly seq: number } | 'refused' | null;
}

class Play {
  readonly stage: Stage;
  readonly visitors: readonly Visitor[];
  readonly operators: readonly Operator[];
  readonly lines: Line[] = [];
  readonly under: Promise<void>[] = [];
  /** Operators whose actor ended: their streams may have been told something again. */
  readonly reborn = new Set<OperatorName>();
  #streams = 0;
  #lines = 0;

  constructor(stage: Stage, visitors: readonly Visitor[], operators: readonly Operator[]) {
    this.stage = stage;
    this.visitors = visitors;
    this.operators = operators;
  }

  visitorLine(visitor: Visitor): void {
    this.#lines += 1;
    const number = this.#lines;
    const line: Line = {
      text: `line ${number}`,
      visitor,
      sends: 0,
      answer: null,
      send: async () => this.#note(line, await visitor.send(`k${number}`, line.text)),
    };
    this.#begin(line);
  }

  operatorLine(operator: Operator, visitor: Visitor): void {
    this.#lines += 1;
    const number = this.#lines;
    const stanza = { originId: `o${number}`, id: `s${number}` };
    const line: Line = {
      text: `answer ${number}`,
      visitor,
      sends: 0,
      answer: null,
      send: async () => {
        const result = await operator.say(visitor, line.text, stanza);
        this.#note(line, result.ok ? { ok: true, value: must(result).said } : result);
      },
    };
    this.#begin(line);
  }

  repeat(line: Line): void {
    if (line.answer === 'refused') return;
    line.sends += 1;
    this.under.push(line.send());
  }

  newStream(operator: Operator): void {
    this.#streams += 1;
    operator.comes(`${operator.name}-${this.#streams}`);
  }

  #begin(line: Line): void {
    this.lines.push(line);
    this.repeat(line);
  }

  #note(line: Line, result: Awaited<ReturnType<Visitor['send']>> | { ok: true; value: Line['answer'] }): void {
    if (!result.ok) {
      // The first answer decides; whatever else went wrong may be tried again.
      if (['taken', 'notFound', 'invalid'].includes(result.error.code)) line.answer ??= 'refused';
      return;
    }
    const said = result.value;
    if (said === null || typeof said === 'string') throw new Error('a line was taken for a command');
    const { id, seq } = said;
    if (line.answer !== null && line.answer !== 'refused') {
      assert.equal(id, line.answer.id, `${line.text}: a repeat gets the first answer`);
      if (line.visitor.page.renumbered === 0) assert.equal(seq, line.answer.seq, `${line.text}: and its number`);
    }
    line.answer = { id, seq };
  }
}

const faults: readonly StoreFault[] = ['answerLost', 'requestLost', 'doneButRefused', 'refused', 'rolledBack'];
const journalFaults: readonly JournalFault[] = ['answerLost', 'requestLost', 'doneButRefused', 'refused'];

async function step(play: Play, { below, one }: ReturnType<typeof chance>): Promise<void> {
  const { stage, visitors, operators, lines } = play;
  const [visitor, operator] = [one(visitors), one(operators)];
  const dice = below(100);
  if (dice < 30) play.visitorLine(visitor);
  else if (dice < 48) play.operatorLine(operator, visitor);
  else if (dice < 58 && lines.length > 0) play.repeat(one(lines));
  else if (dice < 64) visitor.present(one(['here', 'away', 'gone']));
  else if (dice < 68) play.newStream(operator);
  else if (dice < 72) operator.goes([...operator.streams.keys()][0]);
  else if (dice < 77) confirmSome(operator, below);
  else if (dice < 79) play.under.push(stage.node.call(visitor.to, 'close', { site: demo }).then(() => undefined));
  else if (dice < 81) play.under.push(operator.say(visitor, '!end').then(() => undefined));
  else if (dice < 85) stage.disk.appendFaults.push(one(faults));
  else if (dice < 87) harmJournal(stage, { below, one });
  else if (dice < 88) stage.disk.readFaults.push('refused');
  else if (dice < 90) stage.disk.stall();
  else if (dice < 93) stage.disk.resume();
  else await crashSome(play, { below, one });
  if (below(3) === 0) await stage.node.advance(below(4) === 0 ? below(4_000) : below(50));
}

function harmJournal({ journal }: Stage, { below, one }: ReturnType<typeof chance>): void {
  const dice = below(10);
  if (dice < 4) journal.putFaults.push(one(journalFaults));
  else if (dice < 8) journal.callFaults.push(one(journalFaults));
  else if (dice < 9) journal.stall();
  else journal.resume();
}

async function crashSome(play: Play, { below, one }: ReturnType<typeof chance>): Promise<void> {
  const { node } = play.stage;
  const visitor = one(play.visitors);
  const operator = one(play.operators);
  const silent = below(2) === 0;
  const which = below(10);
  if (which < 4) await crash(node, roomAt(visitor.room), { silent });
  else if (which < 6) await crash(node, visitor.to, { silent });
  else if (which < 7) await crash(node, history, { silent });
  else if (which < 8) await crash(node, siteAt(demo), { silent });
  else {
    play.reborn.add(operator.name);
    await crash(node, operator.to, { silent });
  }
}

/** Of what some stream was sent, up to any point. */
function confirmSome(operator: Operator, below: (end: number) => number): void {
  const { sent } = operator.desk;
  const chosen = sent[below(sent.length || 1)];
  if (chosen !== undefined) operator.confirm(chosen.room, chosen.message.seq);
}

/** Everything works again; levels are repeated and senders repeat what they were not told of. */
async function heal(play: Play): Promise<void> {
  const { stage, visitors, operators, under } = play;
  for (let round = 0; round < 14; round += 1) {
    stage.disk.heal();
    stage.journal.heal();
    for (const visitor of visitors) visitor.present('here');
    for (const [index, operator] of operators.entries()) {
      if (operator.streams.size === 0) operator.comes(`${operator.name}-last${index}`);
      else operator.repeatLevel();
    }
    for (const line of play.lines) if (line.answer === null) play.repeat(line);
    await stage.node.advance(15_000);
  }
  await Promise.all(under);
}

async function storedOf(stage: Stage, visitor: Visitor): Promise<readonly ChatMessage[]> {
  const messages: ChatMessage[] = [];
  for (;;) {
    const after = messages.at(-1)?.seq ?? 0;
    const page = must(await stage.node.call(store, 'page', { room: visitor.room, before: null, after, limit: 100 }));
    messages.push(...page.messages);
    if (!page.more) return messages;
  }
}

for (const seed of seeds) {
  test(`whatever happens, nothing said is lost and nothing is said twice (seed ${seed})`, async () => {
    const stage = await chatStage({ seed });
    try {
      const play = new Play(
        stage,
        ['ann', 'ben'].map((name) => new Visitor(stage, name)),
        [await Operator.hire(stage, 'alice'), await Operator.hire(stage, 'bob')],
      );
      const dice = chance(seed);
      for (const visitor of play.visitors) visitor.present();
      for (let number = 0; number < stepsPerSeed; number += 1) await step(play, dice);
      await heal(play);
      for (const visitor of play.visitors) await judge(play, visitor);
    } finally {
      stage.disk.heal();
      stage.journal.heal();
      await stage.node.stop();
    }
  });
}

async function judge(play: Play, visitor: Visitor): Promise<void> {
  const messages = await storedOf(play.stage, visitor);
  const texts = messages.map(({ text }) => text);
  assert.deepEqual(
    messages.map(({ seq }) => seq),
    messages.map((_, index) => index + 1),
    'numbered 1, 2, 3 without gaps',
  );
  assert.equal(new Set(texts).size, texts.length, 'nothing is said twice');
  assert.deepEqual(
    messages.map(({ at }) => at),
    messages.map(({ at }) => at).toSorted((a, b) => a - b),
    'never dated earlier than the one before',
  );
  for (const line of play.lines.filter((one) => one.visitor === visitor)) {
    if (line.answer === 'refused') {
      assert.ok(line.sends > 1 || !texts.includes(line.text), `${line.text} was refused and is there`);
    } else if (line.answer === null) assert.fail(`${line.text} was never answered`);
    else {
      const { id, seq } = line.answer;
      const there = messages.find((message) => message.id === id);
      assert.deepEqual(pick(there), { id, text: line.text }, 'what was acknowledged is there');
      if (visitor.page.renumbered === 0) assert.equal(there?.seq, seq, 'under its number');
    }
  }
  // A page that started over shows the room's last messages, and what came after them.
  const from = visitor.page.renumbered > 0 ? messages.findIndex(({ id }) => id === visitor.page.shown[0]?.id) : 0;
  const due = messages.slice(Math.max(0, from));
  assert.deepEqual(visitor.page.shown.map(pick), due.map(pick), 'the page shows everything once, in order');
  await judgeOperators(play, visitor, messages);
}

async function judgeOperators(play: Play, visitor: Visitor, messages: readonly ChatMessage[]): Promise<void> {
  const { turns } = must(await play.stage.node.call(store, 'load', { room: visitor.room }));
  const opened = turns.find(({ kind }) => kind === 'opened');
  const assigned = turns.filter(({ kind }) => kind === 'assigned');
  assert.ok(assigned.length <= 1, 'a conversation is assigned once');
  const winner = assigned[0]?.author.id;
  const isOpen = turns.every(({ kind }) => kind !== 'closed');
  const lines = messages.filter(
    ({ from, conversation }) => from.kind === 'visitor' && conversation === opened?.conversation,
  );
  for (const operator of play.operators) {
    const sent = operator.desk.sent.filter(({ room }) => room === visitor.room);
    if (isOpen && (winner === undefined || winner === operator.name)) {
      const told = new Set(sent.map(({ message }) => message.id));
      assert.deepEqual(lines.filter(({ id }) => !told.has(id)).map(pick), [], `${operator.name} was told every line`);
    }
    const each = sent.map(({ stream, message }) => `${stream} ${message.id}`);
    if (!play.reborn.has(operator.name) && visitor.page.renumbered === 0)
      assert.equal(new Set(each).size, each.length, 'no stream was told anything twice');
  }
  const answers = messages.filter(
    ({ from, conversation }) => from.kind === 'operator' && conversation === opened?.conversation,
  );
  // What was acknowledged stays, also where another owner's assignment turned out to have come first.
  assert.ok(visitor.page.renumbered > 0 || answers.every(({ from }) => from.id === winner), 'only the winner speaks');
}

function pick(message: ChatMessage | undefined) {
  return { id: message?.id, text: message?.text };
}
