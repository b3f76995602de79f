// Owns the error that a person can mend: it is printed as its message alone, without a stack.
// It is never thrown for a fault of Parla itself.

export class UserError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UserError';
  }
}
