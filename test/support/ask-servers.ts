// Owns asking memcached and Redis by their own protocols, past the node and past any proxy.
// It knows nothing of what is kept there.

import { once } from 'node:events';
import { connect } from 'node:net';

const host = '127.0.0.1';
const answerMsMax = 10_000;

/** Sends `command` and reads until `end` is met; `end` must hold for a refusal too, or the time is over. */
export function askMemcached(port: number, command: string, end: RegExp): Promise<string> {
  return asked(port, `${command}\r\n`, (said) => end.test(said));
}

/** The reply to the last of these inline commands, with those before it; each but the last is answered by a line. */
export function askRedis(port: number, commands: readonly string[]): Promise<string> {
  const isAnswered = (said: string) => {
    const before = said.split('\r\n', commands.length - 1).join('\r\n').length;
    return isWhole(commands.length === 1 ? said : said.slice(before + 2));
  };
  return asked(port, `${commands.join('\r\n')}\r\n`, isAnswered);
}

async function asked(port: number, command: string, isAnswered: (said: string) => boolean): Promise<string> {
  const socket = connect(port, host);
  let said = '';
  socket.setEncoding('latin1').on('data', (text) => {
    said += text;
  });
  try {
    await once(socket, 'connect');
    socket.write(command);
    const late = AbortSignal.timeout(answerMsMax);
    while (!isAnswered(said)) await once(socket, 'data', { signal: late });
    return said;
  } finally {
    socket.destroy();
  }
}

/** A line, one text, or a list of texts. */
function isWhole(said: string): boolean {
  const lines = said.split('\r\n');
  if (lines.length < 2) return false;
  const [head = ''] = lines;
  if (head.startsWith('$')) return lines.length > 2;
  return head.startsWith('*') ? lines.length > 2 * Number(head.slice(1)) + 1 : true;
}
