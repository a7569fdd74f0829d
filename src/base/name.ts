/**
 * Domain names as octets: nothing that a label may hold is lost (RFC 1035 §3.1, RFC 2181 §11).
 * Case is kept as it came and ignored in comparison, ASCII letters alone (RFC 4343).
 * Presentation format: RFC 1035 §5.1 with the escapes of RFC 4343 §2.1.
 */

/** Longest name in wire form, root label included (RFC 1035 §2.3.4). */
export const MAX_NAME_OCTETS = 255;
export const MAX_LABEL_OCTETS = 63;
/** A name of 255 octets has at most 127 labels besides the root. */
export const MAX_LABELS = 127;

/** A fully qualified domain name. Make one with `makeName`, `parseName` or the wire layer; never by hand. */
export interface Name {
  /** Uncompressed wire form, ending in the root label. Nobody may write into it. */
  readonly wire: Uint8Array;
  /** The wire form with A-Z lowered, an octet a character: equal keys mean equal names. */
  readonly key: string;
  /** Labels besides the root; an asterisk label counts. */
  readonly labels: number;
}

/** Presentation form that is no domain name, with a sentence for whoever typed it. */
export class NameError extends Error {
  override readonly name = 'NameError';
}

const lowered = Buffer.alloc(MAX_NAME_OCTETS);

/** Makes a Name of octets known to be a valid uncompressed wire form; keeps them, so the caller gives them away. */
export function makeName(wire: Uint8Array): Name {
  let labels = -1; // the root label is counted too
  for (let at = 0; at < wire.length; labels++) {
    const end = at + (wire[at] as number) + 1;
    lowered[at] = end - at - 1;
    for (at++; at < end; at++) {
      const octet = wire[at] as number;
      lowered[at] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
    }
  }
  // Out of a buffer the string is flat; put together octet by octet it would be a tree three times as large.
  return { wire, key: lowered.toString('latin1', 0, wire.length), labels };
}

export const ROOT: Name = makeName(Uint8Array.of(0));

/** Whether two names are equal without regard to case. */
export function sameName(a: Name, b: Name): boolean {
  return a.key === b.key;
}

/** The name without its first label; undefined for the root. */
export function parent(name: Name): Name | undefined {
  if (name.labels === 0) return undefined;
  const cut = (name.wire[0] as number) + 1;
  return { wire: name.wire.subarray(cut), key: name.key.slice(cut), labels: name.labels - 1 };
}

/** The last `labels` labels of a name: its ancestor at that depth, or the name itself. */
export function ancestor(name: Name, labels: number): Name {
  let at = 0;
  for (let drop = name.labels - labels; drop > 0; drop--) at += (name.wire[at] as number) + 1;
  return at === 0 ? name : { wire: name.wire.subarray(at), key: name.key.slice(at), labels };
}

/** Whether `name` is `zone` or below it, label by label. */
export function isWithin(name: Name, zone: Name): boolean {
  return name.labels >= zone.labels && name.key.endsWith(zone.key) && ancestor(name, zone.labels).key === zone.key;
}

/** Whether `name` is below `zone` and not equal to it. */
export function isBelow(name: Name, zone: Name): boolean {
  return name.labels > zone.labels && isWithin(name, zone);
}

/** The deepest name that is an ancestor of both, or one of them. */
export function commonAncestor(a: Name, b: Name): Name {
  for (let labels = Math.min(a.labels, b.labels); labels > 0; labels--) {
    const candidate = ancestor(a, labels);
    if (candidate.key === ancestor(b, labels).key) return candidate;
  }
  return ROOT;
}

/** The labels of a name, first to last, without the root. Views, not copies. */
export function labelsOf(name: Name): Uint8Array[] {
  const labels: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const length = name.wire[at] as number;
    if (length === 0) return labels;
    labels.push(name.wire.subarray(at + 1, at + 1 + length));
    at += length + 1;
  }
}

/** A name of labels, first to last. @throws {NameError} when a label or the whole is too long, or a label is empty */
export function nameOfLabels(labels: readonly Uint8Array[]): Name {
  const octets = labels.reduce((sum, label) => sum + label.length + 1, 1);
  if (octets > MAX_NAME_OCTETS) throw new NameError(`a domain name has at most ${MAX_NAME_OCTETS} octets, this one ${octets}`);
  const wire = new Uint8Array(octets);
  let at = 0;
  for (const label of labels) {
    if (label.length === 0) throw new NameError('a domain name has no empty label');
    if (label.length > MAX_LABEL_OCTETS) throw new NameError(`a label has at most ${MAX_LABEL_OCTETS} octets, this one ${label.length}`);
    wire[at] = label.length;
    wire.set(label, at + 1);
    at += label.length + 1;
  }
  return makeName(wire);
}

/** `label` in front of `name`. @throws {NameError} when that is too long */
export function prepend(label: Uint8Array, name: Name): Name {
  return nameOfLabels([label, ...labelsOf(name)]);
}

const ASTERISK = Uint8Array.of(0x2a);

/** The wildcard right below `encloser` (RFC 4592 §2.1.1); undefined where it would be too long to exist. */
export function wildcardOf(encloser: Name): Name | undefined {
  return encloser.wire.length + 2 > MAX_NAME_OCTETS ? undefined : prepend(ASTERISK, encloser);
}

/** Whether the first label is an asterisk alone. */
export function isWildcard(name: Name): boolean {
  return name.wire[0] === 1 && name.wire[1] === 0x2a;
}

/** `name` with its suffix `from` replaced by `to` (RFC 6672 §2.2); undefined when too long or `name` is not below `from`. */
export function replaceSuffix(name: Name, from: Name, to: Name): Name | undefined {
  if (!isBelow(name, from)) return undefined;
  const kept = name.wire.length - from.wire.length;
  if (kept + to.wire.length > MAX_NAME_OCTETS) return undefined;
  const wire = new Uint8Array(kept + to.wire.length);
  wire.set(name.wire.subarray(0, kept));
  wire.set(to.wire, kept);
  return makeName(wire);
}

/** The name with A-Z lowered: canonical form (RFC 4034 §6.2). */
export function toCanonical(name: Name): Uint8Array {
  return Buffer.from(name.key, 'latin1');
}

/** Canonical order (RFC 4034 §6.1): negative, zero or positive as `a` sorts before, with or after `b`. */
export function compareNames(a: Name, b: Name): number {
  const left = labelOffsets(a);
  const right = labelOffsets(b);
  for (let i = left.length - 1, j = right.length - 1; ; i--, j--) {
    if (i < 0 || j < 0) return i - j;
    const order = compareLabels(a.key, left[i] as number, b.key, right[j] as number);
    if (order !== 0) return order;
  }
}

function labelOffsets(name: Name): number[] {
  const offsets: number[] = [];
  for (let at = 0; name.wire[at] !== 0; at += (name.wire[at] as number) + 1) offsets.push(at);
  return offsets;
}

function compareLabels(a: string, atA: number, b: string, atB: number): number {
  const lengthA = a.charCodeAt(atA);
  const lengthB = b.charCodeAt(atB);
  for (let i = 1; i <= lengthA && i <= lengthB; i++) {
    const difference = a.charCodeAt(atA + i) - b.charCodeAt(atB + i);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}

/**
 * Reads presentation format: labels between dots, `\.` and `\DDD` escapes, with or without the last dot.
 * Octets over 0x7f must be escaped; an internationalised name is given in its A-label form.
 * @throws {NameError} saying in a sentence what is wrong
 */
export function parseName(text: string): Name {
  if (text === '.') return ROOT;
  if (text === '') throw new NameError('a domain name is not empty');
  if (text.length > MAX_NAME_OCTETS * 4) throw new NameError(`a domain name has at most ${MAX_NAME_OCTETS} octets`);
  const labels: Uint8Array[] = [];
  let label: number[] = [];
  for (let at = 0; at < text.length; ) {
    if (text[at] === '.') {
      labels.push(Uint8Array.from(label));
      label = [];
      at++;
      continue;
    }
    const [octet, length] = readOctet(text, at);
    label.push(octet);
    at += length;
    if (at === text.length) labels.push(Uint8Array.from(label));
  }
  return nameOfLabels(labels);
}

function readOctet(text: string, at: number): [octet: number, length: number] {
  const code = text.charCodeAt(at);
  if (code !== 0x5c) {
    if (code < 0x21 || code > 0x7e) throw new NameError(`character ${at + 1} must be written as an escape, \\DDD`);
    return [code, 1];
  }
  const digits = /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0];
  if (digits !== undefined) {
    if (Number(digits) > 255) throw new NameError(`\\${digits} is no octet`);
    return [Number(digits), 4];
  }
  const escaped = text.charCodeAt(at + 1);
  if (Number.isNaN(escaped)) throw new NameError('a backslash at the end escapes nothing');
  if (escaped < 0x21 || escaped > 0x7e || (escaped >= 0x30 && escaped <= 0x39))
    throw new NameError(`character ${at + 2} cannot follow a backslash`);
  return [escaped, 2];
}

/** As `parseName`, but undefined for what is no domain name. */
export function tryParseName(text: string): Name | undefined {
  try {
    return parseName(text);
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}

const MUST_ESCAPE = new Set([...'."\\();@$'].map((c) => c.charCodeAt(0)));

/** Presentation format with the last dot; every octet that is not plain ASCII is escaped, so it is safe in logs and in zone files. */
export function formatName(name: Name): string {
  if (name.labels === 0) return '.';
  let text = '';
  for (const label of labelsOf(name)) {
    for (const octet of label) {
      if (octet < 0x21 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`;
      else if (MUST_ESCAPE.has(octet)) text += `\\${String.fromCharCode(octet)}`;
      else text += String.fromCharCode(octet);
    }
    text += '.';
  }
  return text;
}
