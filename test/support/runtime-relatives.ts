// Owns the actors of the property test: relatives who are born, linked and killed, and witnesses who hear of it all.
// A witness judges what it hears itself: a number out of order, a second death, a word after death are its faults.

import {
  type ChildSpec,
  type Context,
  defineBehaviour,
  type ExitReason,
  type Info,
  named,
  type Pid,
  pidText,
  refuse,
  reply,
  stop,
} from '../../runtime/mod.ts';

export type RelativeProtocol = {
  calls: {
    spawn: { request: { readonly spec: ChildSpec }; answer: Pid };
    link: { request: { readonly to: Pid }; answer: null };
    /** Says so many things to every witness and to these others; answers how much it has said to each in all. */
    talk: { request: { readonly count: number; readonly to: readonly Pid[] }; answer: number };
  };
  casts: {
    talk: { readonly count: number; readonly to: readonly Pid[] };
    said: { readonly by: string; readonly seq: number };
    end: { readonly reason: ExitReason };
  };
};

interface RelativeArgs {
  readonly id: string;
  readonly traps: boolean;
  readonly witnesses: readonly string[];
}

interface RelativeState extends RelativeArgs {
  said: number;
  readonly told: Map<string, number>;
  readonly heard: Map<string, number>;
}

type TalkRequest = RelativeProtocol['casts']['talk'];

export const relative = defineBehaviour<RelativeProtocol, RelativeArgs, RelativeState>({
  name: 'relative',
  init: (args, context) => {
    if (args.traps) context.trapExit();
    return { ...args, said: 0, told: new Map(), heard: new Map() };
  },
  calls: {
    spawn: async (_state, { spec }, context) => {
      const born = await context.spawn(spec);
      return born.ok ? reply(born.value) : refuse(born.error);
    },
    link: async (_state, { to }, context) => {
      context.link(to);
      return reply(await hasArrived(to, context));
    },
    talk: (state, request, context) => {
      talk(state, request, (to, said) => context.cast<RelativeProtocol, 'said'>(to, 'said', said));
      return reply(state.said);
    },
  },
  casts: {
    talk: (state, request, context) =>
      talk(state, request, (to, said) => context.cast<RelativeProtocol, 'said'>(to, 'said', said)),
    said: (state, { by, seq }, context) => {
      const due = (state.heard.get(by) ?? 0) + 1;
      state.heard.set(by, seq);
      const text = `${state.id} heard ${seq} of ${by}, not ${due}`;
      if (seq !== due) context.cast<WitnessProtocol, 'fault'>(named(state.witnesses[0] as string), 'fault', { text });
    },
    end: (_state, { reason }) => stop(reason),
  },
});

/** Whoever answers this has heard what was sent to it before: the link, the monitor. */
async function hasArrived(to: Pid, context: Context): Promise<null> {
  await context.call<RelativeProtocol, 'talk'>(to, 'talk', { count: 0, to: [] });
  return null;
}

type Said = RelativeProtocol['casts']['said'];

function talk(state: RelativeState, { count, to }: TalkRequest, say: (to: Pid | { name: string }, said: Said) => void) {
  const { id: by, witnesses, told } = state;
  for (let i = 0; i < count; i++) {
    state.said++;
    for (const name of witnesses) say({ name }, { by, seq: state.said });
    for (const pid of to) {
      const seq = (told.get(pidText(pid)) ?? 0) + 1;
      told.set(pidText(pid), seq);
      say(pid, { by, seq });
    }
  }
}

/** What one witness knows of one relative. */
export interface Testimony {
  readonly heard: number;
  readonly downs: readonly string[];
  readonly exits: readonly string[];
}

export type WitnessProtocol = {
  calls: {
    spawn: { request: { readonly spec: ChildSpec }; answer: Pid };
    watch: { request: { readonly id: string; readonly pid: Pid }; answer: null };
    testify: {
      request: null;
      answer: { readonly about: { readonly [id: string]: Testimony }; readonly faults: readonly string[] };
    };
  };
  casts: { said: { readonly by: string; readonly seq: number }; fault: { readonly text: string } };
};

interface Watched {
  heard: number;
  readonly downs: string[];
  readonly exits: string[];
}

interface WitnessState {
  readonly about: Map<string, Watched>;
  readonly byRef: Map<number, string>;
  readonly byPid: Map<string, string>;
  readonly faults: string[];
}

export const witness = defineBehaviour<WitnessProtocol, null, WitnessState>({
  name: 'witness',
  init: (_args, context) => {
    context.trapExit();
    return { about: new Map(), byRef: new Map(), byPid: new Map(), faults: [] };
  },
  calls: {
    spawn: async (_state, { spec }, context) => {
      const born = await context.spawn(spec);
      return born.ok ? reply(born.value) : refuse(born.error);
    },
    watch: async (state, { id, pid }, context) => {
      state.byPid.set(pidText(pid), id);
      state.byRef.set(context.monitor(pid), id);
      context.link(pid);
      watched(state, id);
      return reply(await hasArrived(pid, context));
    },
    testify: (state) => reply({ about: Object.fromEntries(state.about), faults: [...state.faults] }),
  },
  casts: {
    said: (state, { by, seq }) => {
      const about = watched(state, by);
      if (seq !== about.heard + 1) state.faults.push(`heard ${seq} of ${by}, not ${about.heard + 1}`);
      if (about.downs.length + about.exits.length > 0) state.faults.push(`heard ${seq} of ${by} after its death`);
      about.heard = seq;
    },
    fault: (state, { text }) => {
      state.faults.push(text);
    },
  },
  info: (state, info) => {
    const id = idOf(state, info);
    if (id === undefined) state.faults.push(`a ${info.type} of a stranger`);
    else watched(state, id)[info.type === 'down' ? 'downs' : 'exits'].push(reasonName(info.reason));
  },
});

function idOf(state: WitnessState, info: Info): string | undefined {
  return info.type === 'down' ? state.byRef.get(info.ref) : state.byPid.get(pidText(info.pid));
}

function watched(state: WitnessState, id: string): Watched {
  const about = state.about.get(id) ?? { heard: 0, downs: [], exits: [] };
  state.about.set(id, about);
  return about;
}

function reasonName(reason: ExitReason): string {
  return typeof reason === 'string' ? reason : (Object.keys(reason)[0] ?? '');
}
