/**
 * The few parts of a certificate that node:crypto does not give: its key as it was encoded, the algorithm of its signature, the limit of
 * its path (RFC 5280 §4.1, §4.2.1.9). Reads DER (X.690) and nothing more.
 */

export interface CertificateParts {
  /** SubjectPublicKeyInfo, octet for octet: what TLSA selector 1 is about. */
  readonly spki: Uint8Array;
  /** OID of the signature in dotted form. */
  readonly signatureAlgorithm: string;
  /** CAs that may stand below this one; undefined for any number. */
  readonly pathLength: number | undefined;
  /** First octet of key usage, as encoded; undefined where nothing is said of it (RFC 5280 §4.2.1.3). */
  readonly keyUsage: number | undefined;
  /** OIDs of extensions that whoever does not know them must not pass over (RFC 5280 §4.2). */
  readonly criticalExtensions: readonly string[];
}

/** Octets that are no DER, or no certificate. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

interface Element {
  readonly tag: number;
  /** With tag and length. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

const tags = { boolean: 0x01, integer: 0x02, bits: 0x03, oid: 0x06, sequence: 0x30, version: 0xa0, extensions: 0xa3 } as const;
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';

/** @throws {DerError} */
export function readCertificateParts(der: Uint8Array): CertificateParts {
  const [tbs, algorithm] = children(one(der, tags.sequence).content);
  const fields = children(expect(tbs, tags.sequence).content);
  if (fields[0]?.tag === tags.version) fields.shift();
  // serial, signature, issuer, validity, subject, then the key
  const spki = expect(fields[5], tags.sequence).whole;
  const signatureAlgorithm = oidOf(children(expect(algorithm, tags.sequence).content)[0]);
  const wrapper = fields.find(({ tag }) => tag === tags.extensions);
  const extensions = wrapper ? children(one(wrapper.content, tags.sequence).content).map(readExtension) : [];
  const constraints = extensions.find(({ oid }) => oid === BASIC_CONSTRAINTS);
  const usage = extensions.find(({ oid }) => oid === KEY_USAGE);
  return {
    spki,
    signatureAlgorithm,
    pathLength: constraints ? pathLengthOf(constraints.value) : undefined,
    keyUsage: usage && (one(usage.value, tags.bits).content[1] ?? 0),
    criticalExtensions: extensions.filter(({ critical }) => critical).map(({ oid }) => oid),
  };
}

/** Whether these octets are one SEQUENCE, with nothing behind it. */
export function isOneSequence(octets: Uint8Array): boolean {
  try {
    return one(octets, tags.sequence).whole.length === octets.length;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

function readExtension({ content }: Element) {
  const [id, second, third] = children(content);
  const critical = second?.tag === tags.boolean && second.content[0] !== 0;
  const value = second?.tag === tags.boolean ? third : second;
  if (!value) throw new DerError('an extension without value');
  return { oid: oidOf(id), critical, value: value.content };
}

function pathLengthOf(value: Uint8Array): number | undefined {
  const length = children(one(value, tags.sequence).content).find(({ tag }) => tag === tags.integer);
  if (!length) return undefined;
  // A limit that long is none.
  return length.content.length > 2 ? undefined : length.content.reduce((sum, octet) => sum * 256 + octet, 0);
}

function oidOf(element: Element | undefined): string {
  const { content } = expect(element, tags.oid);
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first = 0, ...others] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...others].join('.');
}

function one(octets: Uint8Array, tag: number): Element {
  return expect(readElement(octets, 0), tag);
}

function expect(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new DerError(`tag ${tag} is not there`);
  return element;
}

function children(octets: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < octets.length; ) {
    const element = readElement(octets, at);
    found.push(element);
    at += element.whole.length;
  }
  return found;
}

function readElement(octets: Uint8Array, at: number): Element {
  const [tag, short] = [octets[at], octets[at + 1]];
  if (tag === undefined || short === undefined || (tag & 0x1f) === 0x1f) throw new DerError(`no element at ${at}`);
  const lengthOctets = short < 0x80 ? 0 : short & 0x7f;
  if (lengthOctets > 3 || short === 0x80) throw new DerError(`no length at ${at + 1}`);
  const long = octets.subarray(at + 2, at + 2 + lengthOctets).reduce((sum, octet) => sum * 256 + octet, 0);
  const start = at + 2 + lengthOctets;
  const end = start + (lengthOctets === 0 ? short : long);
  if (end > octets.length) throw new DerError(`the element at ${at} is cut off`);
  return { tag, whole: octets.subarray(at, end), content: octets.subarray(start, end) };
}
