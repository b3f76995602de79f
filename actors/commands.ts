// Owns what an operator's line means: text for the visitor, or a command to Parla, and which commands there are.
// It is pure and does nothing: the operator's actor carries them out. A line that begins with `!` never reaches a visitor.

export type Line =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'command'; readonly command: CommandName; readonly rest: string }
  /** Not done; the explanation goes back to the operator. */
  | { readonly type: 'refused'; readonly explanation: string };

export const commandHelp = {
  help: '!help: this list',
  info: '!info: who the visitor is and where',
  history: '!history N: the last N lines (10 by default)',
  operators: '!operators: who of your colleagues is there',
  name: '!name TEXT: what to call this visitor (alone: what he is called)',
  email: '!email ADDRESS: how to reach this visitor (alone: what is known)',
  phone: '!phone NUMBER: how to reach this visitor (alone: what is known)',
  push: '!push URL: send the visitor to another page',
  end: '!end: close this conversation',
} as const;

export type CommandName = keyof typeof commandHelp;

const aliases: { readonly [word: string]: CommandName } = { close: 'end', logs: 'history', goto: 'push' };
/** A word further from every command than this is no slip of the finger. */
const slipLettersMax = 3;

/** Any line that begins with `!` (after spaces) makes the body a command; `!!` is a literal `!`. */
export function parseLine(body: string): Line {
  const lines = body.split('\n');
  if (!lines.some(isCommand)) return { type: 'text', text: lines.map(unescaped).join('\n') };
  if (lines.length > 1) {
    return {
      type: 'refused',
      explanation: 'Nothing was sent: a line begins with "!". Send a command alone, or begin the line with "!!".',
    };
  }
  const match = /^\s*!(\S*)\s*(.*)$/su.exec(body);
  const word = (match?.[1] ?? '').toLowerCase();
  const command = commandOf(word);
  if (command !== null) return { type: 'command', command, rest: (match?.[2] ?? '').trim() };
  return { type: 'refused', explanation: `Nothing was sent: there is no command "!${word}". ${hint(word)}` };
}

export function helpText(): string {
  return ['Commands (never shown to the visitor; "!!" begins a line with "!"):', ...Object.values(commandHelp)].join(
    '\n',
  );
}

function isCommand(line: string): boolean {
  return /^\s*!(?!!)/u.test(line);
}

function unescaped(line: string): string {
  return line.replace(/^(\s*)!!/u, '$1!');
}

function commandOf(word: string): CommandName | null {
  if (Object.hasOwn(aliases, word)) return aliases[word] ?? null;
  return isCommandName(word) ? word : null;
}

function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(commandHelp, word);
}

function hint(word: string): string {
  const known = [...Object.keys(commandHelp), ...Object.keys(aliases)];
  const nearest = known.map((name) => ({ name, far: distance(word, name) })).sort((a, b) => a.far - b.far)[0];
  const near = nearest !== undefined && nearest.far <= Math.min(slipLettersMax, nearest.name.length - 1);
  return near ? `Did you mean "!${nearest.name}"?` : 'Type "!help" for the list.';
}

/** Letters to change, add or leave out to come from one word to the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
