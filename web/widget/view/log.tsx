// Owns the list of what was said: it follows the end, keeps the reader's place, and fetches what is further back.
// It never moves what somebody is reading.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { linesOf } from '../core/timeline.ts';
import { Contact } from './contact.tsx';
import { Icon } from './icons.tsx';
import { LineView } from './line.tsx';
import type { Model } from './model.ts';
import { Rating } from './rating.tsx';
import { dayKey } from './time.ts';

const nearEndPx = 48;
const nearTopPx = 80;

interface Place {
  readonly fromEnd: number;
  readonly first: string | undefined;
}

export function Log({ model }: { readonly model: Model }) {
  const { chat, words, ui, actions } = model;
  const box = useRef<HTMLElement>(null);
  const place = useRef<Place>({ fromEnd: ui.scroll, first: undefined });
  const [isAway, setAway] = useState(ui.scroll > nearEndPx);
  const lines = linesOf(chat.messages, chat.outbox, dayKey);
  const first = chat.messages[0]?.id;
  const last = lines.at(-1);
  const ownLast = last?.kind === 'pending' ? last.key : '';
  const seenOwn = useRef(ownLast);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    // One's own new line is always shown; a reader further up keeps the place, whatever is added above or below.
    const follows = place.current.fromEnd <= nearEndPx || (ownLast !== '' && ownLast !== seenOwn.current);
    seenOwn.current = ownLast;
    if (follows) element.scrollTop = element.scrollHeight;
    else if (place.current.first !== first || place.current.first === undefined) {
      element.scrollTop = element.scrollHeight - element.clientHeight - place.current.fromEnd;
    }
    place.current = { fromEnd: fromEndOf(element), first };
  });
  const scrolled = () => {
    const element = box.current;
    if (element === null) return;
    const fromEnd = fromEndOf(element);
    place.current = { fromEnd, first };
    setAway(fromEnd > nearEndPx);
    actions.scrolled(fromEnd > nearEndPx ? fromEnd : 0);
    if (element.scrollTop < nearTopPx) actions.older();
  };
  const toEnd = () => box.current?.scrollTo({ top: box.current.scrollHeight });
  return (
    <div class="middle">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard in every browser */}
      <section class="scroll" ref={box} onScroll={scrolled} tabIndex={0} aria-label={words.messages}>
        {lines.length === 0 && <Greeting model={model} />}
        {chat.more && <p class="notice older">{words.older} …</p>}
        <div class="log" role="log" aria-live="polite" aria-relevant="additions" aria-label={words.messages}>
          {lines.map((line, index) => (
            <LineView key={line.key} line={line} before={lines[index - 1]} after={lines[index + 1]} model={model} />
          ))}
        </div>
        {chat.typing !== null && <Typing model={model} name={chat.typing} />}
        <Contact model={model} />
        {chat.talk?.state === 'closed' && chat.outbox.length === 0 && <Rating model={model} />}
      </section>
      {isAway && (
        <button type="button" class="to-end" onClick={toEnd}>
          <Icon sign="down" />
          {words.newBelow}
        </button>
      )}
    </div>
  );
}

function fromEndOf(element: Element): number {
  return Math.max(0, Math.round(element.scrollHeight - element.clientHeight - element.scrollTop));
}

function Greeting({ model: { chat, words } }: { readonly model: Model }) {
  if (chat.site === null) return null;
  return (
    <div class="greeting">
      <p class="large">{chat.site.online ? words.greeting : words.awayGreeting}</p>
      <p>{chat.site.online ? words.greetingMore : words.awayMore}</p>
    </div>
  );
}

/** Seen, not spoken: a screen reader is not told of every pause in somebody's typing. */
function Typing({ model: { words }, name }: { readonly model: Model; readonly name: string }) {
  return (
    <p class="typing">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {words.typing.replace('{name}', name)}
    </p>
  );
}
