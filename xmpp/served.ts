// Owns how one bound stream looks to those who answer its stanzas: the device with its desk and what the desks share.
// It is only a description; bound-stream.ts is the thing.

import type { Delivery } from './delivery.ts';
import type { Desk } from './desk.ts';
import type { Desks } from './desks.ts';
import type { Device } from './device.ts';
import type { XmlElement } from './element.ts';
import type { StanzaFault } from './errors.ts';
import type { Handled } from './handled.ts';
import type { EdgeServices } from './services.ts';

export interface StreamServices extends EdgeServices {
  readonly desks: Desks;
}

export interface ServedStream extends Device {
  readonly desk: Desk;
  readonly services: StreamServices;
  /** Wall clock ms. */
  readonly boundAt: number;
  readonly delivery: Delivery;
  readonly handled: Handled;
  /** Not counted by XEP-0198: everything that is no stanza. */
  write(node: XmlElement): void;
  /** Sends a failed stanza back, from whom it was sent to. */
  refuse(stanza: XmlElement, fault: StanzaFault, from?: string): void;
  /** Tells the client how many of its stanzas are handled, and so durable. */
  acknowledge(): void;
  /** The client has said `<a h='…'/>`. */
  acknowledged(h: number): void;
  /** The client has answered an iq of the server's. */
  answered(id: string | undefined): void;
}
