// Owns the ports to the other threads: batches what goes to each of them and turn into one message, and bounds it.
// It looks into what it carries only for a lost thread's last words; lives are told apart by their incarnation.
//
//   send --> buffer ----- flush, once a turn -----> port ==> [ack, wire, wire, wire …]
//            (bounded)    as far as the window                receiver acknowledges what it took
//                         of unacknowledged wires allows
//
// Messages that come one by one do not wait for the end of the turn: as in Nagle's algorithm a frame goes at once when
// the other side has said something since the last, and that bore one wire at most. So of many in one turn the first may
// go by itself, and the others wait for each other. One call at a time takes 3 to 8 us less.
//
// Ports, not rings of shared memory: without a runtime around them both carry 11 to 15 M small messages a second when
// these lie in columns (frames.ts), so encoding is the limit and not the way. A polled ring makes a busy round trip in
// 3.4 us where ports and a vigil make it in 7.1; but one message a millisecond takes 88 us for 27 and 2.0 s of CPU for
// 10,000 instead of 0.8, since waking by Atomics.waitAsync is dear. And a body larger than the ring would need a second
// way beside it, with an order between the two. `npm run bench -- runtime --only across` shows a ring in the same run.
//
// The window is what keeps a stuck or slow receiver from filling memory: Node's own port queue has no limit.

// Not the global one, which is looked up by a getter at each use.
import { performance } from 'node:perf_hooks';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { ackIn, type Packed } from './columns.ts';
import { Desk, type Home, Packer, Unpacker } from './frames.ts';
import { objectArray } from './object-array.ts';
import { Vigil } from './vigil.ts';
import type { PortWire, Wire } from './wire.ts';

/** Wires that may wait here for one destination. Answers, signals and control bypass the limit. */
const bufferWiresMax = 50_000;
/** Wires on the way to one destination that it has not acknowledged. */
const windowWiresMax = 20_000;
const ackAfterWires = 2_000;
/** How much of what a lost thread left in its port is looked through. */
const lastFramesMax = 1_000;
/** A buffer that reaches this is sent before the turn ends. */
const batchWiresMax = 1_000;

interface Batch {
  readonly ack: number;
  readonly wires: readonly Wire[];
}

/** Whom to hand what arrives, and what that life of this thread packs with. */
interface Door {
  readonly arrivals: Arrivals;
  readonly desk: Desk;
}

/** A port, and what has been told through it. */
interface Line {
  readonly port: MessagePort;
  readonly packer: Packer;
  readonly unpacker: Unpacker;
  readonly arrived: (wire: Wire) => void;
}

class Peer {
  readonly thread: number;
  readonly incarnation: number;
  line: Line | null = null;
  buffer = objectArray<Wire>();
  unacknowledged = 0;
  taken = 0;
  /** The last frame to it bore one wire at most. */
  alone = true;
  /** Something has come from it since. */
  heard = true;
  /** A frame is about to go, before the end of the turn. */
  leaving = false;

  constructor(thread: number, incarnation: number) {
    this.thread = thread;
    this.incarnation = incarnation;
  }
}

export interface Arrivals extends Home {
  arrived(wire: Wire, thread: number): void;
  /** Its payload is not plain data. */
  unsendable(wire: Wire, thread: number, thrown: unknown): void;
}

export class Transport {
  /** By thread, not in a map: with that of the names (frames.ts) a cast saved three searches, and 12 % of its sender. */
  readonly #peers: (Peer | undefined)[] = [];
  readonly #vigil = new Vigil(() => performance.now(), setImmediate);
  #door: Door | null = null;
  #flushing = false;

  /** Whom to hand what arrives; said once, before the first port. */
  open(arrivals: Arrivals): void {
    this.#door = { arrivals, desk: new Desk() };
  }

  /** The life of that thread to which something sent now would go; 0 when there is no such thread. */
  incarnationOf(thread: number): number {
    return this.#peers[thread]?.incarnation ?? 0;
  }

  /** How much of the room for unsent and unacknowledged wires is taken, 0 to 1. */
  fillTo(thread: number): number {
    const peer = this.#peers[thread];
    if (peer === undefined) return 0;
    return Math.min(1, (peer.buffer.length + peer.unacknowledged) / (bufferWiresMax + windowWiresMax));
  }

  isConnected(thread: number): boolean {
    return this.#peers[thread]?.line != null;
  }

  connect(thread: number, incarnation: number, port: MessagePort): void {
    const known = this.#peers[thread];
    const peer = known?.incarnation === incarnation ? known : new Peer(thread, incarnation);
    // The news of the loss can be behind this in a full window.
    if (known !== undefined && known !== peer) closePeer(known);
    this.#peers[thread] = peer;
    const line = this.#lineTo(peer, port);
    peer.line = line;
    port.on('message', (packed: Packed) => {
      if (peer.line === line) this.#receive(peer, line, packed);
    });
    if (peer.buffer.length > 0) this.#flushSoon(peer);
  }

  /** That life is over: nothing more is taken from it, and what is sent from now on waits for the next. */
  disconnect(thread: number, incarnation: number): void {
    const peer = this.#peers[thread];
    if (peer !== undefined && peer.incarnation > incarnation) return;
    if (peer !== undefined) {
      this.#lastWords(peer);
      closePeer(peer);
    }
    this.#peers[thread] = new Peer(thread, incarnation + 1);
  }

  /** False when the wire was refused: too many wait already, or there is no such thread. */
  send(thread: number, wire: Wire): boolean {
    const peer = this.#peers[thread];
    if (peer === undefined) return false;
    const bounded = wire.kind === 'cast' || wire.kind === 'call';
    if (bounded && peer.buffer.length >= bufferWiresMax) return false;
    peer.buffer.push(wire);
    if (peer.buffer.length === batchWiresMax) this.#flushPeer(peer);
    else this.#flushSoon(peer);
    return true;
  }

  /** A port can only travel in a frame of its own. */
  sendPort(thread: number, wire: PortWire): void {
    const peer = this.#peers[thread];
    if (peer?.line == null) {
      wire.port.close();
      return;
    }
    this.#flushPeer(peer);
    peer.unacknowledged++;
    const { packer, port } = peer.line;
    packer.pack([wire], 0, (packed) => port.postMessage(packed, [wire.port]));
  }

  flush(): void {
    this.#flushing = false;
    for (const peer of this.#peers) if (peer !== undefined) this.#flushPeer(peer);
  }

  close(): void {
    for (const peer of this.#peers) if (peer !== undefined) closePeer(peer);
  }

  #lineTo({ thread, incarnation }: Peer, port: MessagePort): Line {
    if (this.#door === null) throw new Error('a port before anybody takes what comes from it');
    const { arrivals, desk } = this.#door;
    return {
      port,
      packer: new Packer(arrivals, desk),
      unpacker: new Unpacker(arrivals, { node: arrivals.node, thread, incarnation }),
      arrived: (wire) => arrivals.arrived(wire, thread),
    };
  }

  /** Why a thread ended can still be on its way when its end is known; that is heard, and nothing else. */
  #lastWords({ line }: Peer): void {
    if (line === null) return;
    for (let frames = 0; frames < lastFramesMax; frames++) {
      const received = receiveMessageOnPort(line.port);
      if (received === undefined) return;
      line.unpacker.unpack(received.message as Packed, (wire) => {
        if (wire.kind === 'log' || wire.kind === 'crashed') line.arrived(wire);
      });
    }
  }

  #flushSoon(peer: Peer): void {
    if (this.#flushing || peer.leaving) return;
    if (peer.alone && peer.heard) {
      peer.leaving = true;
      queueMicrotask(() => this.#flushPeer(peer));
    } else {
      this.#flushing = true;
      setImmediate(() => this.flush());
    }
  }

  #flushPeer(peer: Peer): void {
    peer.leaving = false;
    if (peer.line === null) return;
    const room = Math.max(0, windowWiresMax - peer.unacknowledged);
    const wires = peer.buffer.length <= room ? peer.buffer : peer.buffer.slice(0, room);
    if (wires.length === 0 && peer.taken < ackAfterWires) return;
    peer.buffer = wires === peer.buffer ? objectArray() : peer.buffer.slice(room);
    const ack = peer.taken;
    peer.taken = 0;
    peer.alone = wires.length <= 1;
    peer.heard = false;
    peer.unacknowledged += wires.length;
    this.#post(peer, peer.line, { ack, wires });
  }

  /** One message that cannot be cloned (a function in a payload) must not take its whole batch with it. */
  #post(peer: Peer, line: Line, { ack, wires }: Batch): void {
    const { packer, port } = line;
    try {
      packer.pack(wires, ack, (packed) => port.postMessage(packed));
    } catch (thrown) {
      const guilty = wires.length === 1 ? wires[0] : undefined;
      if (guilty !== undefined) {
        peer.unacknowledged--;
        peer.taken += ack;
        this.#door?.arrivals.unsendable(guilty, peer.thread, thrown);
        return;
      }
      if (ack > 0) this.#post(peer, line, { ack, wires: [] });
      for (const wire of wires) this.#post(peer, line, { ack: 0, wires: [wire] });
    }
  }

  #receive(peer: Peer, { unpacker, arrived }: Line, packed: Packed): void {
    this.#vigil.arrived();
    peer.heard = true;
    peer.unacknowledged -= ackIn(packed);
    peer.taken += unpacker.unpack(packed, arrived);
    if (peer.taken >= ackAfterWires || peer.buffer.length > 0) this.#flushSoon(peer);
  }
}

/** What comes from a port that was let go is ignored, even if it was on the way already. */
function closePeer(peer: Peer): void {
  const { line } = peer;
  peer.line = null;
  peer.buffer = objectArray();
  line?.port.close();
}
