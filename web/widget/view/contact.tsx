// Owns asking for an e-mail address when nobody is there, once; an address that is known is never asked for again.
// It never stands in the way of writing.

import { useState } from 'preact/hooks';
import { filled } from '../core/words.ts';
import { Icon } from './icons.tsx';
import type { Model } from './model.ts';

const emailPattern = /^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/;

export function Contact({ model }: { readonly model: Model }) {
  const { chat, ui, words, actions, email } = model;
  const [isBad, setBad] = useState(false);
  // Thanked for only once the server has it: a reload before that asks again.
  if (email && ui.hasEmail) {
    return (
      <p class="contact-saved" role="status">
        <Icon sign="check" />
        {filled(words.emailSaved, { email })}
      </p>
    );
  }
  if (ui.hasEmail || chat.site === null || chat.site.online) return null;
  const isSaving = email !== '';
  const save = (form: HTMLFormElement) => {
    if (isSaving) return;
    const values = new FormData(form);
    const address = String(values.get('email') ?? '').trim();
    const name = String(values.get('name') ?? '').trim();
    setBad(!emailPattern.test(address));
    if (!emailPattern.test(address)) return form.querySelector<HTMLInputElement>('[name=email]')?.focus();
    actions.contact({ email: address, ...(name && { name }) });
  };
  return (
    <form
      class="contact"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save(event.currentTarget);
      }}
    >
      {chat.messages.length + chat.outbox.length > 0 && (
        <p class="contact-why">
          <Icon sign="mail" />
          {words.awayMore}
        </p>
      )}
      <label>
        {words.name}
        <input name="name" type="text" autoComplete="name" maxLength={100} dir="auto" />
      </label>
      <label>
        {words.email}
        <input
          name="email"
          type="email"
          autoComplete="email"
          maxLength={254}
          placeholder={words.emailHint}
          aria-invalid={isBad}
          aria-describedby={isBad ? 'email-bad' : undefined}
          required
        />
      </label>
      {isBad && (
        <p class="bad" id="email-bad" role="alert">
          {words.emailBad}
        </p>
      )}
      <button type="submit" class="solid" aria-disabled={isSaving}>
        {words.save}
      </button>
    </form>
  );
}
