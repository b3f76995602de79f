// Owns the shape of the day that `habla-day` runs: who comes when, how many RPCs each makes, who chats and how it ends.
// It is a plan only: the same seed gives the same day, and nothing here waits or sends.

import { type Random, seeded } from './random.ts';

/** The day that was measured in 2008. */
export const fullDay = { visitors: 12_000, rpcs: 200_000, messages: 3_000, conversations: 600 } as const;

export type DayShape = { readonly [name in keyof typeof fullDay]: number };

/** V: the visitor says something. O: the operator does. Together half of the messages are each side's. */
export type Turn = 'V' | 'O';
const turnsOf: readonly (readonly Turn[])[] = [
  ['V', 'O', 'V', 'O', 'V'],
  ['V', 'O', 'V', 'O', 'O'],
];
const endings = ['visitor', 'operator', 'silence'] as const;
/** RPCs of a visitor who chats: polls are answered early when there is news, so that he makes more of them. */
const chatterRpcs = 40;

export interface PlannedChat {
  readonly turns: readonly Turn[];
  readonly ending: (typeof endings)[number];
}

export interface PlannedVisit {
  /** Seconds since midnight. */
  readonly at: number;
  readonly rpcs: number;
  readonly chat: PlannedChat | null;
}

const secondsOfDay = 86_400;

export function scaledDay(share: number): DayShape {
  const { visitors, rpcs, messages, conversations } = fullDay;
  const part = (whole: number) => Math.round(whole * share);
  return { visitors: part(visitors), rpcs: part(rpcs), messages: part(messages), conversations: part(conversations) };
}

/** Ascending by arrival; the RPCs of all visits together are the day's. */
export function planDay(shape: DayShape, seed: number): PlannedVisit[] {
  const random = seeded(seed);
  const arrivals = Array.from({ length: shape.visitors }, () => timeOfDay(random)).sort((one, other) => one - other);
  const everyNth = Math.floor(shape.visitors / shape.conversations);
  const quiet = shape.visitors - shape.conversations;
  const quietRpcs = shape.rpcs - shape.conversations * chatterRpcs;
  let chats = 0;
  let quietSoFar = 0;
  return arrivals.map((at, index) => {
    if (index % everyNth === 0 && chats < shape.conversations) {
      const chat = plannedChat(chats);
      chats += 1;
      return { at, rpcs: chatterRpcs, chat };
    }
    quietSoFar += 1;
    // Whole numbers that add up: the share up to this one, less the share up to the one before.
    const rpcs = Math.floor((quietRpcs * quietSoFar) / quiet) - Math.floor((quietRpcs * (quietSoFar - 1)) / quiet);
    return { at, rpcs, chat: null };
  });
}

function plannedChat(number: number): PlannedChat {
  const turns = turnsOf[number % turnsOf.length];
  const ending = endings[number % endings.length];
  if (turns === undefined || ending === undefined) throw new Error('a chat without a plan');
  return { turns, ending };
}

/** Few at night, most in the afternoon. */
function timeOfDay(random: Random): number {
  for (;;) {
    const at = random() * secondsOfDay;
    const density = 0.2 + 0.4 * (1 - Math.cos((2 * Math.PI * (at - 3 * 3600)) / secondsOfDay));
    // The last quarter of an hour is left for visits to end in.
    if (at < secondsOfDay - 900 && random() < density) return at;
  }
}
