/** Checks RRSIGs and DS with node:crypto, which has signed nothing here but RSA: another engine than the sandbox's own. */

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Answer, type DnskeyAnswer, type DSAnswer, encode, type RrsigAnswer } from 'dns-packet';

/** Octets of one record, uncompressed: a message of nothing else, without its header. */
const recordOctets = (record: Answer) => encode({ answers: [record] }).subarray(12);

const octetsBeforeRdata = (record: Answer) => (record.name === '.' ? 1 : record.name.length + 2) + 10;
const rdataOctets = (record: Answer) => recordOctets(record).subarray(octetsBeforeRdata(record));

/** Whether `rrsig` by one of `keys` holds over those of `records` that it covers (RFC 4034 §3.1.8.1). */
export function signatureHolds(rrsig: RrsigAnswer, records: readonly Answer[], keys: readonly DnskeyAnswer[]): boolean {
  const { data } = rrsig;
  const key = keys.find((candidate) => keyTag(candidate) === data.keyTag && candidate.data.algorithm === data.algorithm);
  if (!key) return false;
  const covered = records.filter((record) => record.name === rrsig.name && record.type === data.typeCovered);
  const labels = rrsig.name === '.' ? [] : rrsig.name.split('.');
  const owner = labels.length > data.labels ? ['*', ...labels.slice(labels.length - data.labels)].join('.') : rrsig.name;
  const canonical = covered
    .map((record) => ({ ...record, name: owner, ttl: data.originalTTL }))
    .toSorted((a, b) => Buffer.compare(rdataOctets(a), rdataOctets(b)));
  const unsigned = rdataOctets({ ...rrsig, data: { ...data, signature: Buffer.alloc(0) } });
  return verifies(key, Buffer.concat([unsigned, ...canonical.map(recordOctets)]), data.signature);
}

/** Whether the DS record's digest is that of the key (RFC 4034 §5.1.4). */
export function pointsTo(ds: DSAnswer, key: DnskeyAnswer): boolean {
  const owner = recordOctets(key).subarray(0, octetsBeforeRdata(key) - 10);
  const hash = ds.data.digestType === 4 ? 'sha384' : 'sha256';
  const digest = createHash(hash).update(owner).update(rdataOctets(key)).digest();
  return ds.data.keyTag === keyTag(key) && ds.data.algorithm === key.data.algorithm && ds.data.digest.equals(digest);
}

function keyTag(key: DnskeyAnswer): number {
  let sum = 0;
  for (const [index, octet] of rdataOctets(key).entries()) sum += index & 1 ? octet : octet * 256;
  return (sum + Math.floor(sum / 65_536)) % 65_536;
}

function verifies({ data: { algorithm, key } }: DnskeyAnswer, data: Buffer, signature: Buffer): boolean {
  switch (algorithm) {
    case 8:
      return verify('sha256', data, rsaKey(key), signature);
    case 13:
      return verify('sha256', data, { key: ecKey('P-256', key), dsaEncoding: 'ieee-p1363' }, signature);
    case 14:
      return verify('sha384', data, { key: ecKey('P-384', key), dsaEncoding: 'ieee-p1363' }, signature);
    case 15:
      return verify(null, data, okpKey('Ed25519', key), signature);
    case 16:
      return verify(null, data, okpKey('Ed448', key), signature);
    default:
      return false;
  }
}

const fromJwk = (key: Record<string, string>): KeyObject => createPublicKey({ key, format: 'jwk' });

function rsaKey(key: Buffer): KeyObject {
  const end = 1 + key[0]!;
  return fromJwk({ kty: 'RSA', e: key.subarray(1, end).toString('base64url'), n: key.subarray(end).toString('base64url') });
}

function ecKey(crv: string, key: Buffer): KeyObject {
  const half = key.length / 2;
  return fromJwk({ kty: 'EC', crv, x: key.subarray(0, half).toString('base64url'), y: key.subarray(half).toString('base64url') });
}

const okpKey = (crv: string, key: Buffer): KeyObject => fromJwk({ kty: 'OKP', crv, x: key.toString('base64url') });
