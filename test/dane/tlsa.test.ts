import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hasUsable, judgeTlsaRecords } from '../../src/dane/tlsa.ts';
import { type TlsaRow, tlsa } from './scripted-resolver.ts';

const SHA256 = new Uint8Array(32);
const SHA512 = new Uint8Array(64);
const SPKI = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });

/** A self-signed Ed25519 certificate, made once with `openssl req -x509`. */
const CERTIFICATE = Buffer.from(
  [
    'MIIBPjCB8aADAgECAhQT71m653T+7LTzYuxhIqjXR7iQQjAFBgMrZXAwFTETMBEGA1UEAwwKbXguZXhhbXBsZTAeFw0yNjExMjQwNzA1NTBaFw0zNjExMjEw',
    'NzA1NTBaMBUxEzARBgNVBAMMCm14LmV4YW1wbGUwKjAFBgMrZXADIQCOHmTUSMtJrKZNvQxoiDyDDsSFBFHsITn7p0yVUo/83qNTMFEwHQYDVR0OBBYEFBSt',
    'dXPG5gMfZLj+dGTZd1Y3+xKLMB8GA1UdIwQYMBaAFBStdXPG5gMfZLj+dGTZd1Y3+xKLMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAZnxHWiyxeuRwzSPu',
    'cie8GMwFgFw/sF51TDILv5tKhKDo1OP9JQUJz8HAOfzJ9h0O4x/BqC6GmznAR6MJIaz5BQ==',
  ].join(''),
  'base64',
);

function whyOf(...records: readonly TlsaRow[]): readonly string[] {
  return judgeTlsaRecords(tlsa(...records)).map(({ why }) => why);
}

describe('RFC 7672 §3.1.3: which TLSA records are usable', () => {
  test.each<{ title: string; record: TlsaRow; why: string }>([
    { title: '3 1 1', record: [3, 1, 1, SHA256], why: 'usable' },
    { title: '3 0 2', record: [3, 0, 2, SHA512], why: 'usable' },
    { title: '2 0 1', record: [2, 0, 1, SHA256], why: 'usable' },
    { title: '2 1 0 with a key', record: [2, 1, 0, SPKI], why: 'usable' },
    { title: '3 0 0 with a certificate', record: [3, 0, 0, CERTIFICATE], why: 'usable' },
    { title: 'usage 0 is not mapped to 2', record: [0, 0, 1, SHA256], why: 'usage-not-for-smtp' },
    { title: 'usage 1 is not mapped to 3', record: [1, 1, 1, SHA256], why: 'usage-not-for-smtp' },
    { title: 'usage 4', record: [4, 1, 1, SHA256], why: 'usage-unknown' },
    { title: 'usage 255', record: [255, 1, 1, SHA256], why: 'usage-unknown' },
    { title: 'selector 2', record: [3, 2, 1, SHA256], why: 'selector-unknown' },
    { title: 'matching type 3', record: [3, 1, 3, SHA256], why: 'matching-type-unknown' },
    { title: 'SHA-256 of 31 octets', record: [3, 1, 1, SHA256.subarray(1)], why: 'digest-length' },
    { title: 'SHA-512 of 32 octets', record: [3, 1, 2, SHA256], why: 'digest-length' },
    { title: 'a digest of no octets', record: [3, 1, 1, new Uint8Array()], why: 'digest-length' },
    { title: 'Full that is no DER', record: [3, 1, 0, SHA256], why: 'not-der' },
    { title: 'Full of no octets', record: [3, 0, 0, new Uint8Array()], why: 'not-der' },
    { title: 'a key where a certificate belongs', record: [3, 0, 0, SPKI], why: 'not-der' },
    { title: 'a certificate where a key belongs', record: [3, 1, 0, CERTIFICATE], why: 'not-der' },
    { title: 'a certificate with an octet behind it', record: [3, 0, 0, Buffer.concat([CERTIFICATE, Buffer.of(0)])], why: 'not-der' },
    { title: 'a key with an octet behind it', record: [3, 1, 0, Buffer.concat([SPKI, Buffer.of(0)])], why: 'not-der' },
    { title: 'a certificate as PEM', record: [3, 0, 0, pem(CERTIFICATE)], why: 'not-der' },
  ])('$title: $why', ({ record, why }) => expect(whyOf(record)).toEqual([why]));

  test.each([0, 1, 2])('RDATA of %i octets is malformed and no error', (octets) => {
    const [record] = judgeTlsaRecords([new Uint8Array(octets)]);
    expect(record?.why).toBe('malformed');
  });
});

describe('RFC 7671 §9: digest agility', () => {
  test.each<{ title: string; records: readonly TlsaRow[]; why: readonly string[] }>([
    {
      title: 'SHA-512 sets SHA-256 aside',
      records: [
        [3, 1, 1, SHA256],
        [3, 1, 2, SHA512],
      ],
      why: ['stronger-digest-published', 'usable'],
    },
    {
      title: 'only with the same selector',
      records: [
        [3, 1, 1, SHA256],
        [3, 0, 2, SHA512],
      ],
      why: ['usable', 'usable'],
    },
    {
      title: 'only with the same usage',
      records: [
        [3, 1, 1, SHA256],
        [2, 1, 2, SHA512],
      ],
      why: ['usable', 'usable'],
    },
    {
      title: 'Full is never set aside',
      records: [
        [3, 1, 0, SPKI],
        [3, 1, 2, SHA512],
      ],
      why: ['usable', 'usable'],
    },
    {
      title: 'a malformed SHA-512 sets nothing aside',
      records: [
        [3, 1, 1, SHA256],
        [3, 1, 2, SHA256],
      ],
      why: ['usable', 'digest-length'],
    },
    {
      title: 'an unsupported digest sets nothing aside',
      records: [
        [3, 1, 1, SHA256],
        [3, 1, 7, SHA512],
      ],
      why: ['usable', 'matching-type-unknown'],
    },
  ])('$title', ({ records, why }) => expect(whyOf(...records)).toEqual(why));
});

test('an RRset is usable if one record is', () => {
  expect(hasUsable(judgeTlsaRecords(tlsa([1, 1, 1, SHA256], [3, 1, 1, SHA256])))).toBe(true);
  expect(hasUsable(judgeTlsaRecords(tlsa([1, 1, 1, SHA256], [0, 1, 1, SHA256])))).toBe(false);
  expect(hasUsable([])).toBe(false);
});

function pem(der: Uint8Array): Uint8Array {
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`);
}
