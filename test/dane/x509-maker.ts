/**
 * Certificates for tests, octet by octet (RFC 5280 §4.1, X.690): so that they may say what no certification authority would. node:crypto
 * makes keys and signatures; it has nothing that writes a certificate.
 */

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

const DAY = 86_400;

export interface CertificateOptions {
  /** Common name of the subject; none for an empty subject. */
  readonly commonName?: string;
  /** DNS names; none for no extension. */
  readonly names?: readonly string[];
  /** Who signs; itself where left out. */
  readonly issuer?: Issued;
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** Seconds since the epoch. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Object identifiers of extended key usage. */
  readonly extendedKeyUsage?: readonly string[];
  /** First octet of key usage: 0x80 is for signatures, 0x04 for certificates (RFC 5280 §4.2.1.3). */
  readonly keyUsage?: number;
  /** An extension that nobody knows, marked as critical. */
  readonly unknownCritical?: boolean;
  /** Signed anew with a key of these; made fresh where left out. */
  readonly keys?: Keys;
  /** Signed with ECDSA and SHA-1 in place of SHA-256. */
  readonly sha1?: boolean;
  /** Breaks the signature. */
  readonly forged?: boolean;
}

export interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A certificate and the key that belongs to it. */
export interface Issued extends Keys {
  readonly der: Uint8Array;
  readonly spki: Uint8Array;
  readonly pem: string;
  readonly keyPem: string;
  readonly subject: Buffer;
}

export function makeKeys(): Keys {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** Makes one certificate; valid for a month around `now` unless told. */
export function makeCertificate(now: number, options: CertificateOptions = {}): Issued {
  const { commonName, names = [], issuer, notBefore = now - 30 * DAY, notAfter = now + 60 * DAY, keys = makeKeys() } = options;
  const subject = commonName === undefined ? sequence() : nameOf(commonName);
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' });
  const extensions = [
    ...(options.ca === undefined ? [] : [extension('2.5.29.19', basicConstraints(options.ca, options.pathLength), true)]),
    ...(names.length === 0 ? [] : [extension('2.5.29.17', sequence(...names.map((name) => element(0x82, Buffer.from(name, 'latin1')))))]),
    ...(options.extendedKeyUsage ? [extension('2.5.29.37', sequence(...options.extendedKeyUsage.map(oid)))] : []),
    ...(options.keyUsage === undefined ? [] : [extension('2.5.29.15', element(0x03, Buffer.of(0, options.keyUsage)), true)]),
    ...(options.unknownCritical ? [extension('1.3.6.1.4.1.99999.1', sequence(), true)] : []),
  ];
  const algorithm = sequence(oid(options.sha1 ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2')); // ecdsa-with-SHA1, ecdsa-with-SHA256
  const tbs = sequence(
    element(0xa0, integer(2)),
    element(0x02, serialOf(spki, commonName ?? '')),
    algorithm,
    issuer ? issuer.subject : subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spki,
    ...(extensions.length === 0 ? [] : [element(0xa3, sequence(...extensions))]),
  );
  const signature = sign(options.sha1 ? 'sha1' : 'sha256', tbs, (issuer ?? keys).privateKey);
  if (options.forged) signature[signature.length - 1] = (signature.at(-1) as number) ^ 1;
  const der = sequence(tbs, algorithm, element(0x03, Buffer.concat([Buffer.of(0), signature])));
  return {
    ...keys,
    der,
    spki,
    subject,
    pem: `-----BEGIN CERTIFICATE-----\n${der
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\n')}\n-----END CERTIFICATE-----\n`,
    keyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

function serialOf(spki: Buffer, name: string): Buffer {
  return Buffer.concat([Buffer.of(1), createHash('sha256').update(spki).update(name).digest().subarray(0, 8)]);
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...octets), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function integer(value: number): Buffer {
  return element(0x02, Buffer.of(value));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...others] = text.split('.').map(Number);
  const arc = (value: number): number[] => {
    const octets = [value & 0x7f];
    for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift((rest & 0x7f) | 0x80);
    return octets;
  };
  return element(0x06, Buffer.from([...arc(first * 40 + second), ...others.flatMap(arc)]));
}

function nameOf(commonName: string): Buffer {
  return sequence(element(0x31, sequence(oid('2.5.4.3'), element(0x0c, Buffer.from(commonName, 'utf8')))));
}

function time(seconds: number): Buffer {
  const digits = new Date(seconds * 1000).toISOString().replace(/\.\d+|[-:T]/g, '');
  return element(0x18, Buffer.from(digits, 'latin1')); // GeneralizedTime
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [element(0x01, Buffer.of(0xff))] : []), element(0x04, value));
}

function basicConstraints(ca: boolean, pathLength: number | undefined): Buffer {
  return sequence(...(ca ? [element(0x01, Buffer.of(0xff))] : []), ...(pathLength === undefined ? [] : [integer(pathLength)]));
}
