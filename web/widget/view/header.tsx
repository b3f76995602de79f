// Owns the head of the panel: whom the visitor talks with, whether somebody is there, and the few settings.
// It never shows more than the first letters of a name as a picture.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icons.tsx';
import type { Model } from './model.ts';

export function Header({ model, askEnd }: { readonly model: Model; readonly askEnd: () => void }) {
  const { chat, words, actions } = model;
  const name = chat.site?.name ?? '';
  const operator = chat.talk?.state === 'active' ? chat.talk.operator?.name : undefined;
  const isOnline = chat.site?.online === true;
  return (
    <header class="head">
      <span class="face" aria-hidden="true">
        {initials(operator ?? name)}
      </span>
      <div class="who">
        <h2>{operator ?? name}</h2>
        <p class="presence" data-online={String(isOnline)}>
          {chat.site === null ? '\u00a0' : presenceText(model, isOnline)}
        </p>
      </div>
      <Menu model={model} askEnd={askEnd} />
      <button type="button" class="quiet" aria-label={words.minimize} onClick={actions.close}>
        <Icon sign="close" />
      </button>
    </header>
  );
}

function presenceText({ chat, words }: Model, isOnline: boolean): string {
  if (chat.talk?.state === 'active' && chat.talk.operator && isOnline) return chat.site?.name ?? words.online;
  if (!isOnline) return words.away;
  return chat.talk?.state === 'waiting' ? words.waiting : words.online;
}

function initials(name: string): string {
  const parts = name.split(/\s+/).filter(Boolean);
  return [parts[0], parts.length > 1 ? parts.at(-1) : '']
    .map((part) => Array.from(part ?? '')[0] ?? '')
    .join('')
    .toUpperCase();
}

function Menu({ model, askEnd }: { readonly model: Model; readonly askEnd: () => void }) {
  const { ui, words, actions, chat } = model;
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const isTalking = chat.talk !== null && chat.talk.state !== 'closed';
  // With the commit, not after the paint: an Escape in between would find its focus taken away by a menu that is gone.
  useLayoutEffect(() => {
    if (isOpen) box.current?.querySelector('button')?.focus();
  }, [isOpen]);
  const shut = () => {
    setOpen(false);
    button.current?.focus();
  };
  const pick = (act: () => void) => () => {
    shut();
    act();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears what bubbles up from its buttons
    <div
      class="menu"
      onKeyDown={(event) => {
        if (!isOpen || event.key !== 'Escape') return;
        event.stopPropagation();
        shut();
      }}
      onFocusOut={(event) => {
        const next = event.relatedTarget as Node | null;
        if (next !== null && !event.currentTarget.contains(next)) setOpen(false);
      }}
    >
      <button
        type="button"
        class="quiet"
        ref={button}
        aria-label={words.menu}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon sign="more" />
      </button>
      {isOpen && (
        <div class="choices" ref={box}>
          <button type="button" onClick={pick(() => actions.mute(!ui.muted))}>
            <Icon sign={ui.muted ? 'sound' : 'mute'} />
            {ui.muted ? words.unmute : words.mute}
          </button>
          {isTalking && (
            <button type="button" onClick={pick(askEnd)}>
              <Icon sign="end" />
              {words.end}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
