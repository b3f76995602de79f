// Owns the place to write: Enter sends, Shift and Enter begins a new line, and the draft stays over page loads.
// It never takes a text that the server would refuse, and never loses one it cannot send.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { textUnitsMax } from '../../../rpc/contract.ts';
import { filled } from '../core/words.ts';
import { Icon } from './icons.tsx';
import type { Model } from './model.ts';

const warnUnits = 500;
const heightPxMax = 132;

export function Composer({ model }: { readonly model: Model }) {
  const { ui, words, actions } = model;
  const [text, setText] = useState(ui.draft);
  const field = useRef<HTMLTextAreaElement>(null);
  // Only a text that comes from the page replaces what stands here: a draft that comes back late would take keys away.
  useEffect(() => {
    if (model.prefills > 0) setText(ui.draft);
  }, [model.prefills]);
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.rows = 1;
    const line = Number.parseFloat(getComputedStyle(element).lineHeight) || 21;
    element.rows = Math.max(
      1,
      Math.min(Math.floor(heightPxMax / line), Math.round((element.scrollHeight - 20) / line)),
    );
  }, [text]);
  const units = text.trim().length;
  const left = textUnitsMax - units;
  const change = (next: string) => {
    setText(next);
    actions.typed(next);
  };
  const send = () => {
    if (units === 0 || left < 0) return;
    if (actions.send(text.trim())) change('');
    field.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {left < warnUnits && (
        <p class={`counter${left < 0 ? ' over' : ''}`} role={left < 0 ? 'alert' : undefined} id="count">
          {filled(left < 0 ? words.tooLong : words.charactersLeft, { n: Math.abs(left) })}
        </p>
      )}
      <div class="field">
        <textarea
          ref={field}
          name="message"
          rows={1}
          dir="auto"
          aria-label={words.message}
          aria-invalid={left < 0}
          placeholder={words.placeholder}
          value={text}
          enterkeyhint="send"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class="send" aria-label={words.send} disabled={units === 0 || left < 0}>
          <Icon sign="send" />
        </button>
      </div>
    </form>
  );
}
