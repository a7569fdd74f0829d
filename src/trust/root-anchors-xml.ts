/**
 * IANA's root-anchors.xml (RFC 9718 §2.1): a small reader of exactly that format. Anything else of XML (DTDs, entities, CDATA, namespaces,
 * unknown elements, one element twice) is refused, not skipped, for it says what is trusted.
 * Limits: the detached signature of the file is not checked; how to check it stands in trust-anchors/README.md.
 */

import { type Name, parseName } from '../base/name.ts';
import { Class, Type } from '../base/registry.ts';
import { readDnskey } from '../wire/rdata/dnskey.ts';
import { ZoneTextError } from '../wire/zone-text.ts';
import { faultOfAnchor } from './anchors.ts';
import { isDsOf } from './trust-point.ts';

/** One KeyDigest: a key, and when it counts. */
export interface DatedAnchor {
  readonly zone: Name;
  readonly ds: Uint8Array;
  /** RDATA of its DNSKEY record, where the file gives the key too. */
  readonly dnskey: Uint8Array | undefined;
  /** Seconds since the epoch; it counts from `validFrom` on and before `validUntil`. */
  readonly validFrom: number;
  readonly validUntil: number | undefined;
}

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
  readonly line: number;
}

const MAX_CHARACTERS = 1_000_000;
const MAX_ELEMENTS = 10_000;
const MAX_DEPTH = 8;

/** Whether a text wants to be XML, and no list of records. */
export function looksLikeXml(text: string): boolean {
  return /^\uFEFF?\s*</.test(text);
}

/** Reads the file. @param source names it in errors @throws {ZoneTextError} with file and line */
export function parseRootAnchorsXml(text: string, source: string): DatedAnchor[] {
  const root = parseElements(text, source);
  const fail = (element: Element, why: string) => new ZoneTextError(source, element.line, why);
  if (root.name !== 'TrustAnchor') throw fail(root, `the outermost element is TrustAnchor, not ${root.name}`);
  const zones = root.children.filter(({ name }) => name === 'Zone');
  const [zoneElement] = zones;
  if (!zoneElement || zones.length > 1) throw fail(root, 'a TrustAnchor has one Zone');
  const zone = parseZone(zoneElement, fail);
  return root.children
    .filter((element) => element !== zoneElement)
    .map((element) => {
      if (element.name !== 'KeyDigest') throw fail(element, `a TrustAnchor has no ${element.name}`);
      return toAnchor(zone, element, fail);
    });
}

type Fail = (element: Element, why: string) => ZoneTextError;

function parseZone(element: Element, fail: Fail): Name {
  try {
    return parseName(element.text.trim());
  } catch (error) {
    throw fail(element, `the Zone is no domain name: ${(error as Error).message}`);
  }
}

function toAnchor(zone: Name, element: Element, fail: Fail): DatedAnchor {
  const field = (name: string): string | undefined => {
    const found = element.children.filter((child) => child.name === name);
    if (found.length > 1) throw fail(element, `a KeyDigest has one ${name}`);
    return found[0]?.text.replace(/\s+/g, '');
  };
  const stranger = element.children.find(
    ({ name }) => !['KeyTag', 'Algorithm', 'DigestType', 'Digest', 'PublicKey', 'Flags'].includes(name),
  );
  if (stranger) throw fail(stranger, `a KeyDigest has no ${stranger.name}`);
  const number = (name: string, most: number): number => {
    const value = field(name);
    if (value === undefined || !/^\d{1,5}$/.test(value) || Number(value) > most) throw fail(element, `${name} is a number up to ${most}`);
    return Number(value);
  };
  const digest = field('Digest');
  if (digest === undefined || !/^([0-9A-Fa-f]{2})+$/.test(digest)) throw fail(element, 'Digest is hexadecimal');
  const keyTag = number('KeyTag', 65_535);
  const algorithm = number('Algorithm', 255);
  const ds = Buffer.concat([Uint8Array.of(keyTag >> 8, keyTag & 255, algorithm, number('DigestType', 255)), Buffer.from(digest, 'hex')]);
  const publicKey = field('PublicKey');
  const dnskey = publicKey === undefined ? undefined : toDnskey(publicKey, number('Flags', 65_535), algorithm, (why) => fail(element, why));
  const fault =
    faultOfAnchor(Type.DS, Class.IN, ds) ??
    (dnskey && faultOfAnchor(Type.DNSKEY, Class.IN, dnskey)) ??
    (dnskey && (readDnskey(dnskey).keyTag !== keyTag || !isDsOf(zone, ds, dnskey)) ? 'the Digest is not that of the PublicKey' : undefined);
  if (fault !== undefined) throw fail(element, fault);
  const validFrom = moment(element, 'validFrom', fail);
  if (validFrom === undefined) throw fail(element, 'a KeyDigest has a validFrom');
  return { zone, ds: new Uint8Array(ds), dnskey, validFrom, validUntil: moment(element, 'validUntil', fail) };
}

function toDnskey(publicKey: string, flags: number, algorithm: number, fail: (why: string) => Error): Uint8Array {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(publicKey) || publicKey.length % 4 !== 0) throw fail('PublicKey is base64');
  return new Uint8Array(Buffer.concat([Uint8Array.of(flags >> 8, flags & 255, 3, algorithm), Buffer.from(publicKey, 'base64')]));
}

/** An xsd:dateTime with its zone (RFC 9718 §2.1.1). */
function moment(element: Element, attribute: string, fail: Fail): number | undefined {
  const text = element.attributes.get(attribute);
  if (text === undefined) return undefined;
  const isForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text);
  const milliseconds = isForm ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds))
    throw fail(element, `${attribute} is a moment such as 2017-02-02T00:00:00+00:00, not ${text.slice(0, 40)}`);
  return Math.floor(milliseconds / 1000);
}

/** Declaration, comment, tag or text: nothing else is there. */
const tokens =
  /<\?xml [^<>?]*\?>|<!--(?:[^-]|-(?!-))*-->|<(\/?)([A-Za-z]+)((?:\s+[A-Za-z]+\s*=\s*(?:"[^"<&]*"|'[^'<&]*'))*)\s*(\/?)>|[^<&]+/y;

/** One token after the other; every step consumes, so the loop ends. */
function parseElements(text: string, source: string): Element {
  const fail = (at: number, why: string) => new ZoneTextError(source, lineAt(text, at), why);
  if (text.length > MAX_CHARACTERS) throw fail(0, `it has more than ${MAX_CHARACTERS} characters`);
  const token = new RegExp(tokens);
  const first = text.startsWith('\uFEFF') ? 1 : 0;
  const top: Element = { name: '', attributes: new Map(), children: [], text: '', line: 1 };
  const open = [top];
  for (let at = first, count = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const match = token.exec(text);
    const inner = open.at(-1);
    if (!match || !inner) throw fail(at, 'this is no XML of a trust anchor file');
    const [all, closing, name, attributes = '', empty] = match;
    if (all.startsWith('<?') && at !== first) throw fail(at, 'a declaration stands first');
    if (name === undefined) {
      if (!all.startsWith('<')) inner.text += all;
    } else if (closing) {
      if (inner === top || inner.name !== name || attributes || empty) throw fail(at, `</${name}> closes nothing`);
      open.pop();
    } else {
      if (++count > MAX_ELEMENTS || open.length > MAX_DEPTH) throw fail(at, 'there are too many elements');
      const line = lineAt(text, at);
      const element: Element = { name, attributes: readAttributes(attributes, (why) => fail(at, why)), children: [], text: '', line };
      inner.children.push(element);
      if (!empty) open.push(element);
    }
  }
  const [root, ...others] = top.children;
  if (!root || others.length > 0 || open.length > 1 || top.text.trim() !== '')
    throw fail(text.length, 'it has one outermost element, closed at the end, and nothing beside it');
  return root;
}

function readAttributes(text: string, fail: (why: string) => Error): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/([A-Za-z]+)\s*=\s*("[^"]*"|'[^']*')/g)) {
    if (attributes.has(name)) throw fail(`the attribute ${name} stands twice`);
    attributes.set(name, value.slice(1, -1));
  }
  return attributes;
}

function lineAt(text: string, at: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < at; i = text.indexOf('\n', i + 1)) line++;
  return line;
}
