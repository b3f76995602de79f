// Owns what doctor says of a server that TLS could not be agreed on with, by the client's code or, where it has none left, its text.
// It repeats neither.

interface Fault {
  readonly aspect: 'certificate' | 'connection';
  readonly message: string;
  /** Whether it helps to name an authority. */
  readonly untrusted: boolean;
}

const faults: readonly (readonly [RegExp, Fault])[] = [
  [
    /ALTNAME_INVALID|altnames/,
    { aspect: 'certificate', message: 'its certificate is for another name', untrusted: false },
  ],
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|has expired|not yet valid/,
    { aspect: 'certificate', message: 'its certificate is out of date, or a clock is wrong', untrusted: false },
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|self-signed|unable to (verify|get)/,
    { aspect: 'certificate', message: 'its certificate is signed by nobody who is trusted here', untrusted: true },
  ],
  [
    /WRONG_VERSION|NO_SSL_SUPPORT|PACKET_LENGTH|wrong version/,
    { aspect: 'connection', message: 'it does not speak TLS', untrusted: false },
  ],
];

/** Null: this is no fault of TLS. */
export function tlsFault(error: unknown): Fault | null {
  if (!(error instanceof Error)) return null;
  const text = `${'code' in error ? error.code : ''} ${error.message}`;
  return faults.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}
