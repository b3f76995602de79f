// Owns the values that are there at once or come later, and how one goes on with them.
// It never makes a promise where none was: going on at once is what makes the common case fast.

/** There already, or a promise of it. */
export type OrLater<T> = T | Promise<T>;

/** As `await`, but at once when the value is there: for each of many starts of children that is a turn saved. */
export function whenThere<T, U>(value: OrLater<T>, next: (value: T) => OrLater<U>): OrLater<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
