import { describe, expect, test } from 'vitest';
import {
  type AddressColumn,
  lookupRow,
  type MxColumn,
  mandatoryTable,
  opportunisticTable,
  type TlsaColumn,
} from '../../src/dane/tables.ts';
import type { CertificateState } from '../../src/dane/verdicts.ts';

type Columns = readonly [mx: MxColumn, a: AddressColumn | undefined, tlsa: TlsaColumn | undefined, certificate: CertificateState];

// Typed off the appliance's manual a second time, in its words, so that a slip in the table does not pass by being made twice.
const MANUAL_MANDATORY = `
Secure   Secure   Secure   Success  DANE Success
Secure   Secure   Secure   Failed   DANE Fail
Secure   Secure   Insecure -        DANE Fail
Secure   Secure   NXDOMAIN -        DANE Fail
Secure   Secure   Bogus    -        DANE Fail
Secure   Insecure -        -        DANE Fail
Secure   Bogus    -        -        DANE Fail
Insecure Secure   Secure   Success  DANE Fail
Insecure Secure   Secure   Failed   DANE Fail
Insecure Secure   Insecure -        DANE Fail
Insecure Secure   NXDOMAIN -        DANE Fail
Insecure Secure   Bogus    -        DANE Fail
Insecure Insecure -        -        DANE Fail
Insecure Bogus    -        -        DANE Fail
Bogus    -        -        -        DANE Fail`;

const MANUAL_OPPORTUNISTIC = `
Secure   Secure   Secure   Success  DANE Success
Secure   Secure   Secure   Failed   DANE Fail
Secure   Secure   Insecure -        Fallback to opportunistic TLS flow
Secure   Secure   NXDOMAIN -        Fallback to opportunistic TLS flow
Secure   Secure   Bogus    -        DANE Fail
Secure   Insecure -        -        Fallback to opportunistic TLS flow
Secure   Bogus    -        -        DANE Fail
Insecure Secure   Secure   -        Fallback to opportunistic TLS flow
Insecure Secure   Insecure -        Fallback to opportunistic TLS flow
Insecure Secure   NXDOMAIN -        Fallback to opportunistic TLS flow
Insecure Secure   Bogus    -        DANE Fail
Insecure Insecure -        -        Fallback to opportunistic TLS flow
Insecure Bogus    -        -        DANE Fail
Bogus    -        -        -        DANE Fail`;

const actions: Record<string, string> = {
  'DANE Success': 'dane-success',
  'DANE Fail': 'dane-fail',
  'Fallback to opportunistic TLS flow': 'opportunistic-tls',
};

function rowsOf(manual: string): readonly (readonly [mx: string, a: string, tlsa: string, certificate: string, verdict: string])[] {
  return manual
    .trim()
    .split('\n')
    .map((line) => {
      const [mx = '', a = '', tlsa = '', certificate = '', ...action] = line.trim().split(/\s+/);
      return [mx, a, tlsa, certificate, actions[action.join(' ')] as string] as const;
    });
}

function columns(mx: string, a: string, tlsa: string, certificate: string): Columns {
  const status = (word: string) => (word === '-' ? undefined : word.toLowerCase());
  return [
    mx.toLowerCase() as MxColumn,
    status(a) as AddressColumn | undefined,
    status(tlsa) as TlsaColumn | undefined,
    (status(certificate) as CertificateState | undefined) ?? 'not-checked',
  ];
}

describe('the appliance, DANE Mandatory', () => {
  test('has 15 rows', () => expect(mandatoryTable).toHaveLength(15));
  test.each(rowsOf(MANUAL_MANDATORY).map((row, index) => [index + 1, ...row] as const))(
    'row %i: MX %s, A %s, TLSA %s, certificate %s -> %s',
    (number, mx, a, tlsa, certificate, verdict) => {
      expect(lookupRow(...columns(mx, a, tlsa, certificate))).toMatchObject({ row: number, mandatory: verdict });
    },
  );
});

describe('the appliance, DANE Opportunistic', () => {
  test('has 14 rows', () => expect(opportunisticTable).toHaveLength(14));
  test.each(rowsOf(MANUAL_OPPORTUNISTIC))('MX %s, A %s, TLSA %s, certificate %s -> %s', (mx, a, tlsa, certificate, verdict) => {
    expect(lookupRow(...columns(mx, a, tlsa, certificate)).opportunistic).toBe(verdict);
  });
  test('insecure MX, secure A and TLSA: the one row holds whatever the certificate', () => {
    for (const certificate of ['success', 'failed', 'not-checked'] as const)
      expect(lookupRow('insecure', 'secure', 'secure', certificate).opportunistic).toBe('opportunistic-tls');
  });
});

test('a certificate that nobody checked is never called a success', () => {
  expect(lookupRow('secure', 'secure', 'secure', 'not-checked')).toEqual({
    row: 1,
    mandatory: 'dane-success-if-certificate-matches',
    opportunistic: 'dane-success-if-certificate-matches',
  });
});

describe('rows that the appliance does not have', () => {
  test.each<{ title: string; columns: Columns; want: object }>([
    {
      title: 'unusable TLSA',
      columns: ['secure', 'secure', 'unusable', 'not-checked'],
      want: { row: 'unusable-tlsa', mandatory: 'delay', opportunistic: 'tls-required' },
    },
    {
      title: 'unusable TLSA, insecure MX',
      columns: ['insecure', 'secure', 'unusable', 'not-checked'],
      want: { row: 'unusable-tlsa', mandatory: 'delay', opportunistic: 'opportunistic-tls' },
    },
    {
      title: 'implicit MX, denial secure: rows 1 to 7',
      columns: ['implicit-secure', 'secure', 'nxdomain', 'not-checked'],
      want: { row: 4, mandatory: 'dane-fail', opportunistic: 'opportunistic-tls' },
    },
    {
      title: 'implicit MX, denial insecure: rows 8 to 14',
      columns: ['implicit-insecure', 'secure', 'secure', 'not-checked'],
      want: { row: 8, mandatory: 'dane-fail', opportunistic: 'opportunistic-tls' },
    },
    {
      title: 'implicit MX, unusable TLSA',
      columns: ['implicit-secure', 'secure', 'unusable', 'not-checked'],
      want: { row: 'unusable-tlsa', opportunistic: 'tls-required' },
    },
    {
      title: 'MX lookup failed',
      columns: ['indeterminate', undefined, undefined, 'not-checked'],
      want: { row: 'mx-lookup-error', mandatory: 'delay', opportunistic: 'delay' },
    },
    {
      title: 'A lookup failed',
      columns: ['secure', 'indeterminate', undefined, 'not-checked'],
      want: { row: 'address-lookup-error', mandatory: 'delay', opportunistic: 'delay' },
    },
    {
      title: 'A lookup failed, insecure MX',
      columns: ['insecure', 'indeterminate', undefined, 'not-checked'],
      want: { row: 'address-lookup-error', mandatory: 'delay', opportunistic: 'delay' },
    },
    {
      title: 'TLSA lookup failed',
      columns: ['secure', 'secure', 'indeterminate', 'not-checked'],
      want: { row: 'tlsa-lookup-error', mandatory: 'delay', opportunistic: 'delay' },
    },
    {
      title: 'no A record',
      columns: ['secure', 'nxdomain', 'secure', 'not-checked'],
      want: { row: 'no-address', mandatory: 'delay', opportunistic: 'delay' },
    },
    { title: 'MX names no host', columns: ['secure', 'target-invalid', undefined, 'not-checked'], want: { row: 'target-invalid' } },
    {
      title: 'null MX',
      columns: ['null-mx', undefined, undefined, 'not-checked'],
      want: { row: 'null-mx', mandatory: 'bounce', opportunistic: 'bounce' },
    },
    {
      title: 'no such domain',
      columns: ['no-such-domain', undefined, undefined, 'not-checked'],
      want: { row: 'no-such-domain', mandatory: 'bounce', opportunistic: 'bounce' },
    },
  ])('$title', ({ columns, want }) => {
    expect(lookupRow(...columns)).toMatchObject(want);
  });

  test('every host there can be has a row', () => {
    const statuses = ['secure', 'insecure', 'bogus', 'nxdomain', 'indeterminate'] as const;
    for (const mx of ['secure', 'insecure', 'implicit-secure', 'implicit-insecure'] as const)
      for (const certificate of ['not-checked', 'success', 'failed'] as const)
        for (const tlsa of [...statuses, 'unusable'] as const)
          for (const a of statuses) {
            const { mandatory } = lookupRow(mx, a, tlsa, certificate);
            // Mandatory delivers in row 1 alone, whatever else there is.
            const row1 =
              mx.endsWith('secure') && !mx.endsWith('insecure') && a === 'secure' && tlsa === 'secure' && certificate !== 'failed';
            expect(mandatory.startsWith('dane-success')).toBe(row1);
          }
  });
});
