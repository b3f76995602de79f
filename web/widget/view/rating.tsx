// Owns the end of a conversation: that it ended, and one question with five answers.
// It asks once for each conversation.

import { filled } from '../core/words.ts';
import { Icon } from './icons.tsx';
import type { Model } from './model.ts';

const scores = [1, 2, 3, 4, 5];

export function Rating({ model }: { readonly model: Model }) {
  const { chat, ui, words, actions } = model;
  const isRated = ui.rated === chat.talk?.id;
  return (
    <div class="ended">
      <p role="status">
        <strong>{words.ended}</strong> {isRated ? words.rated : words.endedMore}
      </p>
      {!isRated && (
        <fieldset class="rating">
          <legend>{words.rate}</legend>
          {scores.map((score) => (
            <button
              type="button"
              key={score}
              value={score}
              aria-label={filled(words.rateStar, { n: score })}
              onClick={() => actions.rate(score)}
            >
              <Icon sign="star" />
            </button>
          ))}
        </fieldset>
      )}
    </div>
  );
}
