// Owns an XML element as plain data: how one is made, asked and written, with everything escaped.
// It never reads text from the wire (stream-parser.ts) and never lets out what XML 1.0 cannot carry.

import { NS } from './namespaces.ts';

export interface XmlElement {
  readonly name: string;
  readonly ns: string;
  /** By local name; `xml:lang` for XML's own, `{namespace}local` for anybody else's. */
  readonly attributes: Attributes;
  readonly children: readonly XmlNode[];
}

export type XmlNode = XmlElement | string;
export interface Attributes {
  readonly [name: string]: string | undefined;
}

/** An element of `ns`. Attributes that are undefined are left out. */
export function element(name: string, ns: string, attributes: Attributes = {}, ...children: XmlNode[]): XmlElement {
  return { name, ns, attributes, children: children.filter((node) => node !== '') };
}

/** The same element with other attributes laid over its own. */
export function withAttributes(base: XmlElement, attributes: Attributes): XmlElement {
  return { ...base, attributes: { ...base.attributes, ...attributes } };
}

export function elementsOf(parent: XmlElement): XmlElement[] {
  return parent.children.filter((node): node is XmlElement => typeof node !== 'string');
}

/** The first child of this name; of the parent's namespace unless another is named. */
export function child(parent: XmlElement, name: string, ns: string = parent.ns): XmlElement | undefined {
  return elementsOf(parent).find((node) => node.name === name && node.ns === ns);
}

/** The first child of this namespace, whatever its name. */
export function childOf(parent: XmlElement, ns: string): XmlElement | undefined {
  return elementsOf(parent).find((node) => node.ns === ns);
}

export function textOf(node: XmlElement): string {
  return node.children.filter((part) => typeof part === 'string').join('');
}

/** The text of a child, null when there is none. */
export function childText(parent: XmlElement, name: string): string | null {
  const found = child(parent, name);
  return found === undefined ? null : textOf(found);
}

/** As text for the wire. `inherited` is the default namespace where it will stand. */
export function serialise(node: XmlElement, inherited: string = NS.client): string {
  // The prefix `stream` is bound in every stream's header; nothing else is ever written with a prefix of an element.
  const ofStream = node.ns === NS.streams;
  const tag = ofStream ? `stream:${node.name}` : node.name;
  const ns = ofStream ? inherited : node.ns;
  let xml = ns === inherited ? `<${tag}` : `<${tag} xmlns='${escapeXml(ns)}'`;
  let foreign = 0;
  for (const [name, value] of Object.entries(node.attributes)) {
    if (value === undefined) continue;
    if (name.startsWith('{')) {
      const end = name.indexOf('}');
      xml += ` xmlns:n${foreign}='${escapeXml(name.slice(1, end))}' n${foreign}:${name.slice(end + 1)}='${escapeAttribute(value)}'`;
      foreign += 1;
    } else {
      xml += ` ${name}='${escapeAttribute(value)}'`;
    }
  }
  if (node.children.length === 0) return `${xml}/>`;
  xml += '>';
  for (const part of node.children) xml += typeof part === 'string' ? escapeXml(part) : serialise(part, ns);
  return `${xml}</${tag}>`;
}

const replacement = '\u{fffd}';

/** XML 1.0 section 2.2, in UTF-16 units; unpaired surrogates are judged before. */
function illegal(unit: number): boolean {
  return (unit < 0x20 && unit !== 0x9 && unit !== 0xa && unit !== 0xd) || unit === 0xfffe || unit === 0xffff;
}

/** What XML 1.0 cannot carry becomes U+FFFD. */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  let clean = '';
  let from = 0;
  for (let at = 0; at < whole.length; at += 1) {
    if (!illegal(whole.charCodeAt(at))) continue;
    clean += whole.slice(from, at) + replacement;
    from = at + 1;
  }
  return from === 0 ? whole : clean + whole.slice(from);
}

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/** A carriage return is written as a reference, or a parser would make a line feed of it. */
export function escapeXml(text: string): string {
  return cleanText(text).replace(/[&<>'"\r]/g, (character) => entities[character] ?? character);
}

function escapeAttribute(text: string): string {
  return cleanText(text).replace(/[&<>'"\t\n\r]/g, (character) => entities[character] ?? character);
}
