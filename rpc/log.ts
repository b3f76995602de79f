// Owns the shape of the edge's log. Fields are kinds and sizes: never a token, never text that a person wrote.

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: { readonly [name: string]: unknown },
) => void;
