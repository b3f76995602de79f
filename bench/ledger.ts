// Owns the books of a run: what each side was promised and what each side was shown, and the verdict between the two.
// It asks nobody and times nothing; every text in it is unique, so that a message can be told by what it says.

/** Something was kept for good, as far as its sender was told. */
interface Promised {
  readonly session: string;
  readonly id: string;
  readonly seq: number;
}

interface SeenByVisitor {
  readonly id: string;
  seq: number;
  readonly text: string;
  readonly fromVisitor: boolean;
}

export interface Verdict {
  /** Messages of visitors that the node said it has kept, and answers of operators that it acknowledged. */
  readonly visitorKept: number;
  readonly operatorKept: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly disordered: readonly string[];
}

export function isClean(verdict: Verdict): boolean {
  return verdict.lost.length === 0 && verdict.doubled.length === 0 && verdict.disordered.length === 0;
}

export class Ledger {
  /** Where stores fail: a number that was taken meanwhile is changed, and told again under the same id. */
  readonly #renumbering: boolean;
  readonly #renumbered = new Set<string>();
  readonly #kept = new Map<string, Promised>();
  readonly #answers = new Map<string, { readonly session: string; kept: boolean }>();
  /** Session -> what its visitor was shown, in the order it came. */
  readonly #visitorSaw = new Map<string, SeenByVisitor[]>();
  /** Operator and session -> ids and texts in the order they came. */
  readonly #operatorSaw = new Map<string, { readonly session: string; readonly id: string; readonly text: string }[]>();

  constructor({ renumbering = false }: { readonly renumbering?: boolean } = {}) {
    this.#renumbering = renumbering;
  }

  visitorKept(text: string, promised: Promised): void {
    this.#kept.set(text, promised);
  }

  operatorSent(text: string, session: string): void {
    this.#answers.set(text, { session, kept: false });
  }

  operatorKept(text: string): void {
    const answer = this.#answers.get(text);
    if (answer !== undefined) answer.kept = true;
  }

  /** It came back to its sender with an error: nothing of it was promised. */
  operatorRefused(text: string): void {
    this.#answers.delete(text);
  }

  visitorSaw(session: string, seen: SeenByVisitor): void {
    if (!this.#renumbering || !this.#changed(session, seen)) listOf(this.#visitorSaw, session).push({ ...seen });
  }

  /** The page was told to begin anew from these: what it has already it knows by id. */
  visitorBegan(session: string, messages: readonly SeenByVisitor[]): void {
    const list = listOf(this.#visitorSaw, session);
    for (const message of messages) {
      if (!this.#changed(session, message) && !list.some(({ id }) => id === message.id)) list.push({ ...message });
    }
  }

  /** True when it was seen before under another number. */
  #changed(session: string, { id, seq }: SeenByVisitor): boolean {
    const known = listOf(this.#visitorSaw, session).find((one) => one.id === id);
    if (known === undefined || known.seq === seq) return false;
    known.seq = seq;
    this.#renumbered.add(id);
    return true;
  }

  operatorSaw(operator: string, seen: { readonly session: string; readonly id: string; readonly text: string }): void {
    listOf(this.#operatorSaw, `${operator} ${seen.session}`).push(seen);
  }

  /** True once everything that was promised has been shown to its other side. */
  settled(): boolean {
    return this.#lost().length === 0;
  }

  /** Answers that were sent and of which the node has not said that it keeps them. */
  unkeptAnswers(): number {
    return [...this.#answers.values()].filter((answer) => !answer.kept).length;
  }

  /** Ids of visitors' messages that the node said it has kept, with the seq it told. */
  promised(): ReadonlyMap<string, number> {
    return new Map([...this.#kept.values()].map(({ id, seq }) => [id, seq]));
  }

  /** Texts of operators' answers that the node acknowledged. */
  acknowledgedAnswers(): readonly string[] {
    return [...this.#answers].filter(([, { kept }]) => kept).map(([text]) => text);
  }

  verdict(): Verdict {
    return {
      visitorKept: this.#kept.size,
      operatorKept: [...this.#answers.values()].filter((answer) => answer.kept).length,
      lost: this.#lost(),
      doubled: [...this.#doubledForVisitors(), ...this.#doubledForOperators()],
      disordered: [...this.#disorderForVisitors(), ...this.#disorderForOperators()],
    };
  }

  #lost(): string[] {
    const byOperators = new Map<string, string>();
    for (const list of this.#operatorSaw.values()) for (const seen of list) byOperators.set(seen.text, seen.id);
    const byVisitors = new Set<string>();
    for (const [session, list] of this.#visitorSaw) for (const seen of list) byVisitors.add(`${session} ${seen.text}`);
    const lost: string[] = [];
    for (const [text, promised] of this.#kept) {
      if (byOperators.get(text) !== promised.id) lost.push(`no operator saw ${promised.id} (${text})`);
      if (!byVisitors.has(`${promised.session} ${text}`))
        lost.push(`its own visitor never saw ${promised.id} (${text})`);
    }
    for (const [text, answer] of this.#answers) {
      if (answer.kept && !byVisitors.has(`${answer.session} ${text}`)) lost.push(`the visitor never saw (${text})`);
    }
    return lost;
  }

  #doubledForVisitors(): string[] {
    return [...this.#visitorSaw].flatMap(([session, list]) =>
      twice(list).map((what) => `visitor ${session} was shown ${what}`),
    );
  }

  #doubledForOperators(): string[] {
    return [...this.#operatorSaw].flatMap(([who, list]) =>
      twice(list).map((what) => `operator ${who} was shown ${what}`),
    );
  }

  /** A visitor sees every message of his room: 1, 2, 3 … without a gap. */
  #disorderForVisitors(): string[] {
    return [...this.#visitorSaw].flatMap(([session, came]) => {
      // A page puts them in the order of their numbers; without faults they come in it.
      const list = this.#renumbering ? came.toSorted((a, b) => a.seq - b.seq) : came;
      const wrong = list.find((seen, index) => index > 0 && seen.seq !== (list[index - 1]?.seq ?? 0) + 1);
      const first = list[0]?.seq ?? 1;
      if (first !== 1) return [`visitor ${session} begins at seq ${first}`];
      return wrong === undefined ? [] : [`visitor ${session}: ${list.map((seen) => seen.seq).join(' ')}`];
    });
  }

  /** An operator sees a visitor's messages in the order of the seq that the visitor was told. */
  #disorderForOperators(): string[] {
    const shown = new Map([...this.#visitorSaw.values()].flat().map(({ id, seq }) => [id, seq]));
    /** Its number was another one when its sender was told, and nobody can put a chat's lines in another order later. */
    const wasMoved = ({ id, text }: { readonly id: string; readonly text: string }) =>
      this.#renumbering && (this.#renumbered.has(id) || shown.get(id) !== this.#kept.get(text)?.seq);
    return [...this.#operatorSaw].flatMap(([who, list]) => {
      const order = list
        .filter((seen) => !wasMoved(seen))
        .map((seen) => this.#kept.get(seen.text)?.seq)
        .filter((seq) => seq !== undefined);
      const ascends = order.every((seq, index) => index === 0 || seq > (order[index - 1] ?? 0));
      return ascends ? [] : [`operator ${who}: ${order.join(' ')}`];
    });
  }
}

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const made: T[] = [];
  lists.set(key, made);
  return made;
}

/** The same id shown again, or the same text under another id. */
function twice(list: readonly { readonly id: string; readonly text: string }[]): string[] {
  const ids = new Set<string>();
  const texts = new Set<string>();
  return list.flatMap(({ id, text }) => {
    const again = ids.has(id) || texts.has(text);
    ids.add(id);
    texts.add(text);
    return again ? [`${id} (${text}) twice`] : [];
  });
}
