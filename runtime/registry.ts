// Owns what one thread knows of names and process groups: a replica of the edge's, which alone decides.
// It never asks anybody: names.ts does, and tells this table the outcome.

import { type Pid, pidKey, samePid } from './address.ts';

export interface RegistrySnapshot {
  readonly names: readonly (readonly [string, Pid])[];
  readonly groups: readonly (readonly [string, Pid])[];
}

export class Registry {
  readonly #names = new Map<string, Pid>();
  readonly #groups = new Map<string, Map<string, Pid>>();

  whereis(name: string): Pid | null {
    return this.#names.get(name) ?? null;
  }

  set(name: string, pid: Pid): void {
    this.#names.set(name, pid);
  }

  /** Only if it is still this one's: a name that was taken anew stays. */
  free(name: string, pid: Pid): boolean {
    const holder = this.#names.get(name);
    if (holder === undefined || !samePid(holder, pid)) return false;
    return this.#names.delete(name);
  }

  join(group: string, pid: Pid): void {
    const members = this.#groups.get(group) ?? new Map<string, Pid>();
    members.set(pidKey(pid), pid);
    this.#groups.set(group, members);
  }

  leave(group: string, pid: Pid): void {
    const members = this.#groups.get(group);
    members?.delete(pidKey(pid));
    if (members?.size === 0) this.#groups.delete(group);
  }

  members(group: string): readonly Pid[] {
    return [...(this.#groups.get(group)?.values() ?? [])];
  }

  /** Everything that lived on this life of a thread, or on an earlier one, has no name and no group any more. */
  dropThread(thread: number, incarnation: number): void {
    const gone = (pid: Pid) => pid.thread === thread && pid.incarnation <= incarnation;
    for (const [name, pid] of this.#names) {
      if (gone(pid)) this.#names.delete(name);
    }
    for (const [group, members] of this.#groups) {
      for (const pid of members.values()) {
        if (gone(pid)) this.leave(group, pid);
      }
    }
  }

  snapshot(): RegistrySnapshot {
    const groups: [string, Pid][] = [];
    for (const [group, members] of this.#groups) {
      for (const pid of members.values()) groups.push([group, pid]);
    }
    return { names: [...this.#names], groups };
  }

  load(snapshot: RegistrySnapshot): void {
    for (const [name, pid] of snapshot.names) this.set(name, pid);
    for (const [group, pid] of snapshot.groups) this.join(group, pid);
  }
}
