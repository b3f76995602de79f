// Owns how the wires of one batch lie beside each other when they cross: the frequent kinds flat, the others as they are.
// It never copies a body and never decides what is sent; both sides of a port are the same version, on one machine.
//
//   [1, serial, name, body,   3, ref, result,   {kind: 'link', …},   1, serial, name, body, …]
//    cast to a pid            answer            any other wire
//
// Structured cloning writes the name of each field of each object, and reads it again. Three runs of each in turn, casts
// across threads: strings as bodies 1.36 M a second as objects and 2.71 M flat, small objects 0.87 M and 1.26 M.

import type { Key, Pid } from './address.ts';
import type { From } from './outcome.ts';
import type { Result } from './result.ts';
import type { Wire } from './wire.ts';

const castPid = 1;
const castKey = 2;
const answer = 3;
const callPid = 4;

export type Packed = readonly unknown[];

/** Whose numbers a pid leaves out: a frame goes to one life of one thread, and a pid of another is not sent there. */
export interface Home {
  readonly node: string;
  readonly thread: number;
  readonly incarnation: number;
}

export function pack(wires: readonly Wire[]): Packed {
  const packed: unknown[] = [];
  for (const wire of wires) {
    switch (wire.kind) {
      case 'cast':
        if ('serial' in wire.to) packed.push(castPid, wire.to.serial, wire.name, wire.body);
        else packed.push(castKey, wire.to, wire.name, wire.body);
        break;
      case 'answer':
        packed.push(answer, wire.ref, wire.result);
        break;
      case 'call':
        if ('serial' in wire.to) packed.push(callPid, wire.to.serial, wire.name, wire.body, wire.from, wire.deadline);
        else packed.push(wire);
        break;
      default:
        packed.push(wire);
    }
  }
  return packed;
}

/** Hands over each wire in its order. */
export function unpack(packed: Packed, home: Home, arrived: (wire: Wire) => void): number {
  let wires = 0;
  for (let at = 0; at < packed.length; wires++) {
    const mark = packed[at];
    const first = packed[at + 1];
    const second = packed[at + 2];
    const third = packed[at + 3];
    switch (mark) {
      case castPid:
        arrived({ kind: 'cast', to: pidAt(home, first as number), name: second as string, body: third });
        at += 4;
        break;
      case castKey:
        arrived({ kind: 'cast', to: first as Key, name: second as string, body: third });
        at += 4;
        break;
      case answer:
        arrived({ kind: 'answer', ref: first as number, result: second as Result<unknown> });
        at += 3;
        break;
      case callPid: {
        const to = pidAt(home, first as number);
        const from = packed[at + 4] as From;
        arrived({ kind: 'call', to, name: second as string, body: third, from, deadline: packed[at + 5] as number });
        at += 6;
        break;
      }
      default:
        arrived(mark as Wire);
        at++;
    }
  }
  return wires;
}

function pidAt({ node, thread, incarnation }: Home, serial: number): Pid {
  return { node, thread, incarnation, serial };
}
