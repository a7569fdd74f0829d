import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Class, Type } from '../../src/base/registry.ts';
import { SECURE, type Validation } from '../../src/base/validation.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { contradictsSentinel } from '../../src/service/root-key-sentinel.ts';

const trusts = (tag: number) => tag === 20326;
const unsigned: Validation = { state: 'insecure', zone: parseName('example.'), reason: 'unsigned-delegation' };

describe('RFC 8509 §2.2: what is not true of our keys gets SERVFAIL', () => {
  test.each([
    { qname: 'root-key-sentinel-is-ta-20326.example.', qtype: Type.A, validation: SECURE, want: false },
    { qname: 'root-key-sentinel-is-ta-19036.example.', qtype: Type.A, validation: SECURE, want: true },
    { qname: 'root-key-sentinel-not-ta-20326.example.', qtype: Type.AAAA, validation: SECURE, want: true },
    { qname: 'root-key-sentinel-not-ta-19036.example.', qtype: Type.AAAA, validation: SECURE, want: false },
    { qname: 'ROOT-key-sentinel-NOT-ta-20326.example.', qtype: Type.A, validation: SECURE, want: true },
    { qname: 'root-key-sentinel-is-ta-19036.example.', qtype: Type.MX, validation: SECURE, want: false },
    { qname: 'root-key-sentinel-is-ta-19036.example.', qtype: Type.A, validation: unsigned, want: false },
    { qname: 'root-key-sentinel-is-ta-1903.example.', qtype: Type.A, validation: SECURE, want: false },
    { qname: 'x.root-key-sentinel-is-ta-19036.example.', qtype: Type.A, validation: SECURE, want: false },
    { qname: 'root-key-sentinel-is-ta-99999.example.', qtype: Type.A, validation: SECURE, want: false },
    { qname: '.', qtype: Type.A, validation: SECURE, want: false },
  ])('$qname $qtype: $want', ({ qname, qtype, validation, want }) => {
    const question = { qname: parseName(qname), qtype, qclass: Class.IN };
    expect(contradictsSentinel(question, { validation } as Resolution, trusts)).toBe(want);
  });
});
