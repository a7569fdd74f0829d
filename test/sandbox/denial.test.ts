import { describe, expect, test } from 'vitest';
import { base32hex, nsec3Chain, nsec3Hash, nsecChain } from '../../src/sandbox/denial.ts';
import { compareNames, nameOf, textOf } from '../../src/sandbox/name.ts';

/** RFC 5155 Appendix A: salt aabbccdd, 12 iterations. */
test.each([
  ['example', '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom'],
  ['a.example', '35mthgpgcu1qg68fab165klnsnk3dpvl'],
  ['ai.example', 'gjeqe526plbf1g8mklp59enfd789njgi'],
  ['*.w.example', 'r53bq7cc2uvmubfu5ocmm6pers9tk9en'],
  ['2t7b4g4vsa5smi47k61mv5bv1a22bojr.example', 'kohar7mbb8dc2ce8a9qvl8hon4k53uhi'],
])('RFC 5155 Appendix A: hash of %s', (name, hash) => {
  expect(base32hex(nsec3Hash(nameOf(name), Buffer.from('aabbccdd', 'hex'), 12))).toBe(hash);
});

test('RFC 4034 §6.1: canonical order', () => {
  const ordered = [
    'example',
    'a.example',
    'yljkjljk.a.example',
    'Z.a.example',
    'zABC.a.EXAMPLE',
    'z.example',
    '\x01.z.example',
    '*.z.example',
    '\xc8.z.example',
  ];
  const names = ordered.map((text) => nameOf(text));
  expect(names.toReversed().toSorted(compareNames)).toEqual(names);
});

const apex = nameOf('example');
const entries = ['example', 'b.example', 'd.b.example', 'f.example'].map((name) => ({ name: nameOf(name), types: [1, 46] }));

describe('RFC 4034 §4: NSEC chain', () => {
  const chain = nsecChain(entries, 300);
  test.each([
    ['a.example', 'example'],
    ['c.b.example', 'b.example'],
    ['e.example', 'd.b.example'],
    ['z.example', 'f.example'],
  ])('%s is covered by the span from %s', (name, from) => {
    expect(textOf(chain.covering(nameOf(name)).owner)).toBe(from);
    expect(chain.matching(nameOf(name))).toBeUndefined();
  });
  test('a name of the chain is matched, whatever the case', () => {
    expect(textOf(chain.matching(nameOf('D.b.EXAMPLE'))!.owner)).toBe('d.b.example');
  });
});

describe('RFC 5155 §3: NSEC3 chain', () => {
  const chain = nsec3Chain(entries, apex, { iterations: 1, salt: 'ab', optOut: false }, 300);
  const hashOf = (name: string) => base32hex(nsec3Hash(nameOf(name), Buffer.from('ab', 'hex'), 1));
  test('each name is matched by the record at its hash', () => {
    for (const { name } of entries) expect(chain.matching(name)?.owner).toEqual([hashOf(textOf(name)), 'example']);
  });
  test.each(Array.from({ length: 20 }, (_, n) => [`n${n}.example`]))('%s is within the span that covers it, and not matched', (name) => {
    const { owner, rdatas } = chain.covering(nameOf(name));
    const from = owner[0]!;
    const to = base32hex(rdatas[0]!.subarray(7, 27)); // algorithm, flags, iterations, salt length, salt of 1 octet, hash length
    const hash = hashOf(name);
    expect(from < to ? from < hash && hash < to : hash > from || hash < to).toBe(true);
    expect(chain.matching(nameOf(name))).toBeUndefined();
  });
});
