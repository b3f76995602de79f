// Owns the panel as a whole: who is there, what was said, what stands in the way, and where to write.
// It never traps the keyboard: the dialog is not modal, and Escape closes it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { directionOf, filled } from '../core/words.ts';
import { Composer } from './composer.tsx';
import { Header } from './header.tsx';
import { Log } from './log.tsx';
import type { Model } from './model.ts';

export function Panel({ model }: { readonly model: Model }) {
  const { chat, words, tag, actions } = model;
  const [isEnding, setEnding] = useState(false);
  const title = filled(words.title, { site: chat.site?.name ?? '' });
  return (
    <div
      class="panel"
      role="dialog"
      aria-modal="false"
      aria-label={title.trim()}
      lang={tag}
      dir={directionOf(tag)}
      data-mode={model.isDark ? 'dark' : 'light'}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.isComposing) return;
        event.stopPropagation();
        if (isEnding) setEnding(false);
        else actions.close();
      }}
    >
      <Header model={model} askEnd={() => setEnding(true)} />
      <Log model={model} />
      <div class="status" role="status">
        {troubleText(model)}
      </div>
      {isEnding ? <EndQuestion model={model} done={() => setEnding(false)} /> : <Composer model={model} />}
    </div>
  );
}

function troubleText({ chat, words }: Model): string {
  if (chat.connection === 'offline') return words.offline;
  if (chat.connection === 'degraded') return words.reconnecting;
  return chat.isThrottled ? words.throttled : '';
}

function EndQuestion({ model: { words, actions }, done }: { readonly model: Model; readonly done: () => void }) {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <fieldset class="question">
      <legend>{words.endAsk}</legend>
      <button type="button" class="plain" ref={first} onClick={done}>
        {words.endKeep}
      </button>
      <button
        type="button"
        class="solid"
        onClick={() => {
          actions.end();
          done();
        }}
      >
        {words.end}
      </button>
    </fieldset>
  );
}
