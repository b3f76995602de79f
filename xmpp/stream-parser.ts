// Owns the way from bytes to whole stanzas: one XML document that never ends, refused at the first thing RFC 6120
// forbids (section 11.1) and at every limit. It never answers anybody: whoever listens decides what a fault costs.
//
//   <stream:stream …>   -> opened(header)
//     <message>…        -> element(tree), one for each child of the root
//   </stream:stream>    -> closed()
//   anything wrong      -> failed(fault), once; nothing follows

import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { XmlElement, XmlNode } from './element.ts';
import type { StreamFault } from './errors.ts';
import { NS } from './namespaces.ts';

export interface StreamHeader {
  readonly name: string;
  readonly prefix: string;
  readonly ns: string;
  /** The default namespace, which qualifies stanzas. */
  readonly contentNs: string;
  readonly attributes: { readonly [name: string]: string | undefined };
}

export interface StreamSink {
  opened(header: StreamHeader): void;
  element(stanza: XmlElement): void;
  closed(): void;
  failed(fault: StreamFault): void;
}

export interface ParserLimits {
  /** In UTF-16 units, which are never more than the bytes: what may stand between one stanza's end and the next's. */
  readonly stanzaUnitsMax: number;
  readonly elementDepthMax: number;
  readonly attributesMax: number;
}

interface Growing {
  readonly name: string;
  readonly ns: string;
  readonly attributes: { [name: string]: string | undefined };
  readonly children: XmlNode[];
}

/** Thrown through saxes to stop it in the middle of a chunk: it would go on after an error otherwise. */
class Halt extends Error {
  readonly fault: StreamFault | null;
  constructor(fault: StreamFault | null) {
    super('halt');
    this.fault = fault;
  }
}

export class StreamParser {
  readonly #sink: StreamSink;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #saxes = new SaxesParser({ xmlns: true, position: false, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  readonly #open: Growing[] = [];
  #limits: ParserLimits;
  #rootSeen = false;
  #done = false;
  #attributes = 0;
  /** Units fed before the chunk at hand, and where the last stanza ended: saxes buffers a token without any limit. */
  #fed = 0;
  #settledAt = 0;
  /**
   * What has just ended, the stream itself as null: saxes tells of an end before it looks at the end tag's name, so it
   * counts only when no error follows at once.
   */
  #ready: { readonly stanza: XmlElement | null } | undefined;
  /** Nothing but whitespace since the last stanza: keepalives are dropped instead of collected. */
  #idle = true;

  constructor(sink: StreamSink, limits: ParserLimits) {
    this.#sink = sink;
    this.#limits = limits;
    this.#saxes.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && !/^utf-8$/i.test(encoding)) this.#refuse('unsupported-encoding', 'UTF-8 only');
    });
    this.#saxes.on('doctype', () => this.#refuse('restricted-xml', 'no document type declarations'));
    this.#saxes.on('comment', () => this.#refuse('restricted-xml', 'no comments'));
    this.#saxes.on('processinginstruction', () => this.#refuse('restricted-xml', 'no processing instructions'));
    this.#saxes.on('error', (error) => this.#wrong(error.message));
    this.#saxes.on('attribute', () => this.#attribute());
    this.#saxes.on('opentag', (tag) => this.#opened(tag));
    this.#saxes.on('closetag', () => this.#closed());
    this.#saxes.on('text', (text) => this.#text(text));
    this.#saxes.on('cdata', (text) => this.#text(text));
  }

  /** More is allowed once it is known who speaks. */
  set limits(limits: ParserLimits) {
    this.#limits = limits;
  }

  /** Whatever else comes, also from the chunk at hand, is ignored. */
  stop(): void {
    this.#done = true;
  }

  feed(bytes: Uint8Array): void {
    if (this.#done) return;
    try {
      this.#write(this.#decode(bytes));
    } catch (error) {
      if (!(error instanceof Halt)) throw error;
      const wasDone = this.#done;
      this.#done = true;
      if (error.fault !== null && !wasDone) this.#sink.failed(error.fault);
    }
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes, { stream: true });
    } catch {
      // The decoder throws for one reason only.
      throw new Halt({ condition: 'not-well-formed', text: 'not UTF-8' });
    }
  }

  #write(chunk: string): void {
    const text = this.#idle ? chunk.replace(/^[ \t\r\n]+/, '') : chunk;
    if (text === '') return;
    const base = this.#fed;
    this.#fed += text.length;
    this.#saxes.write(text);
    this.#emitReady();
    const rest = text.slice(Math.max(0, this.#settledAt - base));
    this.#idle = this.#rootSeen && this.#open.length === 0 && this.#settledAt >= base && /^[ \t\r\n]*$/.test(rest);
    if (this.#idle) this.#settledAt = this.#fed;
    this.#checkSize(this.#fed);
  }

  #checkSize(position: number): void {
    if (position - this.#settledAt > this.#limits.stanzaUnitsMax) this.#refuse('policy-violation', 'stanza too big');
  }

  #settle(): void {
    this.#checkSize(this.#saxes.position);
    this.#settledAt = this.#saxes.position;
  }

  #attribute(): void {
    this.#attributes += 1;
    if (this.#attributes > this.#limits.attributesMax) this.#refuse('policy-violation', 'too many attributes');
  }

  #opened(tag: SaxesTagNS): void {
    this.#emitReady();
    this.#attributes = 0;
    const attributes = attributesOf(tag);
    if (!this.#rootSeen) {
      this.#rootSeen = true;
      this.#settle();
      const { local: name, prefix, uri: ns } = tag;
      this.#sink.opened({ name, prefix, ns, contentNs: tag.ns[''] ?? '', attributes });
      this.#haltIfStopped();
      return;
    }
    if (this.#open.length >= this.#limits.elementDepthMax) this.#refuse('policy-violation', 'nested too deep');
    const grown: Growing = { name: tag.local, ns: tag.uri, attributes, children: [] };
    this.#open.at(-1)?.children.push(grown);
    this.#open.push(grown);
  }

  #closed(): void {
    this.#emitReady();
    const stanza = this.#open.pop();
    if (this.#open.length > 0) return;
    this.#settle();
    this.#ready = { stanza: stanza ?? null };
  }

  #emitReady(): void {
    const ready = this.#ready;
    if (ready === undefined) return;
    this.#ready = undefined;
    if (ready.stanza === null) {
      this.#done = true;
      this.#sink.closed();
    } else {
      this.#sink.element(ready.stanza);
    }
    this.#haltIfStopped();
  }

  #text(text: string): void {
    this.#emitReady();
    const into = this.#open.at(-1);
    if (into !== undefined) into.children.push(text);
    else if (/[^ \t\r\n]/.test(text)) this.#refuse('not-well-formed', 'text between stanzas');
  }

  #haltIfStopped(): void {
    if (this.#done) throw new Halt(null);
  }

  #wrong(message: string): void {
    // Everything but a wrong end tag was read after what has just ended.
    if (!/unexpected close tag|unmatched closing tag/.test(message)) this.#emitReady();
    const entity = /undefined entity/.test(message);
    this.#refuse(entity ? 'restricted-xml' : 'not-well-formed', entity ? 'no entities of your own' : 'not well-formed');
  }

  #refuse(condition: StreamFault['condition'], text: string): never {
    throw new Halt({ condition, text });
  }
}

function attributesOf(tag: SaxesTagNS): { [name: string]: string | undefined } {
  const attributes: { [name: string]: string | undefined } = Object.create(null);
  for (const { prefix, name, local, uri, value } of Object.values(tag.attributes)) {
    if (prefix === 'xmlns' || name === 'xmlns') continue;
    if (prefix === '') attributes[local] = value;
    else attributes[uri === NS.xml ? `xml:${local}` : `{${uri}}${local}`] = value;
  }
  return attributes;
}
