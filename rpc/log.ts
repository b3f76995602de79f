// Owns the shape of the edge's log lines. Their fields are kinds and sizes: never a token, never text that a person wrote.

export interface RpcLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields?: { readonly [name: string]: unknown };
}

export type Log = (line: RpcLogLine) => void;
