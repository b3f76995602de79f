// Owns the few words of the round button in every language: the first script on a page carries no others.
// It never grows with the panel.

export interface LauncherWords {
  readonly open: string;
  readonly close: string;
  readonly unread: string;
}

export const launcherWords: { readonly [tag: string]: LauncherWords } = {
  en: { open: 'Open chat', close: 'Close chat', unread: '{n} unread' },
  de: { open: 'Chat öffnen', close: 'Chat schließen', unread: '{n} ungelesen' },
};
