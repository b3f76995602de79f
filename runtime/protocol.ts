// Owns how an actor's messages are declared: a protocol is a type, message name -> what goes in and what comes out.
// It exists for the compiler only and runs nothing.

/** Message name -> what goes in and what comes out. Everything is readonly plain data: it crosses threads. */
export type Protocol = {
  readonly calls: { readonly [name: string]: { readonly request: unknown; readonly answer: unknown } };
  readonly casts: { readonly [name: string]: unknown };
};

/** The names of the calls of a protocol. */
export type CallName<P extends Protocol> = keyof P['calls'] & string;
/** The names of its casts. */
export type CastName<P extends Protocol> = keyof P['casts'] & string;
/** What goes in with a call. */
export type Request<P extends Protocol, N extends CallName<P>> = P['calls'][N]['request'];
/** What comes out of it. */
export type Answer<P extends Protocol, N extends CallName<P>> = P['calls'][N]['answer'];
