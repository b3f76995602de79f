// Owns how entries that were acknowledged from the journal are put behind what SQL holds of their room by now: the next
// free numbers under the same ids. It is pure; nothing that somebody said is left out, whatever else was decided there.
//
//   journal   7 said a   8 said b          SQL   ... 6   7 opened by another owner   8 said x
//   becomes   9 said a  10 said b          in the conversation that SQL has open

import { cardData, cardFrom, mergedCard, sameCard } from './card.ts';
import type { Entry } from './chat.ts';
import type { Names } from './composition.ts';
import type { RoomPast } from './ports.ts';
import { advance, type Head, isOpen, timelineOf } from './timeline.ts';

type Group = readonly Entry[];

export interface Renumbering {
  /** All that SQL has, and the fence of its last entry. */
  readonly past: RoomPast;
  readonly fence: number;
  readonly groups: readonly Group[];
  /** Said before, as SQL knows under another id. */
  readonly said: ReadonlySet<string>;
  readonly names: Names;
}

/** Groups that follow SQL's last entry; those of which nothing is left are gone. */
export function renumbered({ past, fence, groups, said, names }: Renumbering): readonly Group[] {
  const there = new Set([...past.messages, ...past.turns].map(({ id }) => id as string));
  let { head } = timelineOf(past);
  return groups
    .map((group) => {
      const entries: Entry[] = [];
      for (const entry of group) {
        if (said.has(entry.id) || there.has(entry.id)) continue;
        for (const fitted of fittedTo(head, entry, names)) {
          const placed = place(head, fitted, fence);
          entries.push(placed);
          head = advance(head, placed);
        }
      }
      return entries;
    })
    .filter((group) => group.length > 0);
}

/** What an entry means behind another past: nothing, itself, or itself in a conversation that must be opened first. */
function fittedTo(head: Head, entry: Entry, names: Names): readonly Entry[] {
  const { conversation } = head;
  switch (entry.kind) {
    case 'opened':
      return isOpen(head) ? [] : [entry];
    case 'said':
      return isOpen(head) ? [entry] : [openingFor(entry, names), entry];
    case 'assigned':
      return isOpen(head) && conversation?.operator === null ? [entry] : [];
    case 'closed':
      return isOpen(head) ? [entry] : [];
    case 'rated':
      return conversation === null ? [] : [entry];
    case 'identified':
      return identifiedAs(head, entry);
  }
}

function identifiedAs({ card: known, conversation }: Head, entry: Entry): readonly Entry[] {
  const news = cardFrom(entry.data);
  const card = news === null || known === null ? news : mergedCard(known, news);
  if (conversation === null || card === null || sameCard(card, known)) return [];
  return [{ ...entry, data: cardData(card) }];
}

function openingFor(entry: Entry, names: Names): Entry {
  const { author } = entry;
  const conversation = names.conversation();
  return { ...entry, id: names.message(), kind: 'opened', conversation, author, cmid: null, text: null, data: null };
}

/** No entry is dated before the one it follows, and none bears a fence below it. */
function place(head: Head, entry: Entry, fence: number): Entry {
  const { kind, conversation } = entry;
  return {
    ...entry,
    pos: head.pos + 1,
    seq: kind === 'said' ? head.seq + 1 : null,
    at: Math.max(entry.at, head.at),
    conversation: kind === 'opened' ? conversation : (head.conversation?.id ?? conversation),
    fence: Math.max(entry.fence, fence),
  };
}
