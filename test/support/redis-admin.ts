// Owns what a test tells a Redis past Parla and past any proxy, on a connection of its own for each time.
// It knows inline commands only, and answers as the server does: unread.

import { once } from 'node:events';
import { connect } from 'node:net';

/** One command or several, a line each. */
export type Admin = (commands: string) => Promise<string>;

export function adminOf({ host, port }: { readonly host: string; readonly port: number }): Admin {
  return async (commands) => {
    const socket = connect(port, host);
    try {
      await once(socket, 'connect');
      let said = '';
      socket.setEncoding('latin1').on('data', (text) => {
        said += text;
      });
      socket.write(`${commands}\r\n`);
      const wanted = commands.split('\r\n').length;
      while (said.split('\r\n').length <= wanted) await once(socket, 'data');
      return said;
    } finally {
      socket.destroy();
    }
  };
}
