import { describe, expect, test } from 'vitest';
import {
  ancestor,
  commonAncestor,
  compareNames,
  formatName,
  isBelow,
  isWildcard,
  isWithin,
  labelsOf,
  makeName,
  type Name,
  NameError,
  nameOfLabels,
  parent,
  parseName,
  prepend,
  ROOT,
  replaceSuffix,
  sameName,
  toCanonical,
  tryParseName,
  wildcardOf,
} from '../../src/base/name.ts';

const text = (name: Name | undefined) => name && formatName(name);
const long = (octets: number) => {
  // Labels of 63 octets, and a last one that brings the whole name to `octets`, root included.
  const labels: string[] = [];
  for (let left = octets - 1; left > 0; left -= 64) labels.push('x'.repeat(Math.min(left, 64) - 1));
  return `${labels.join('.')}.`;
};

describe('presentation format (RFC 1035 §5.1, RFC 4343 §2.1)', () => {
  test.each([
    { from: '.', wire: [0], shown: '.' },
    { from: 'example', wire: [7, ...Buffer.from('example'), 0], shown: 'example.' },
    { from: 'Example.COM.', wire: [7, ...Buffer.from('Example'), 3, ...Buffer.from('COM'), 0], shown: 'Example.COM.' },
    { from: 'a\\.b.c.', wire: [3, 0x61, 0x2e, 0x62, 1, 0x63, 0], shown: 'a\\.b.c.' },
    { from: '\\000.', wire: [1, 0, 0], shown: '\\000.' },
    { from: '\\255.', wire: [1, 0xff, 0], shown: '\\255.' },
    { from: '\\065.', wire: [1, 0x41, 0], shown: 'A.' },
    { from: '\\@.', wire: [1, 0x40, 0], shown: '\\@.' },
    { from: '@.', wire: [1, 0x40, 0], shown: '\\@.' },
    { from: 'a\\\\.', wire: [2, 0x61, 0x5c, 0], shown: 'a\\\\.' },
    { from: '\\032\\010\\127.', wire: [3, 32, 10, 127, 0], shown: '\\032\\010\\127.' },
    { from: '*.example', wire: [1, 0x2a, 7, ...Buffer.from('example'), 0], shown: '*.example.' },
    { from: '_25._tcp.mx', wire: [3, ...Buffer.from('_25'), 4, ...Buffer.from('_tcp'), 2, ...Buffer.from('mx'), 0], shown: '_25._tcp.mx.' },
  ])('$from', ({ from, wire, shown }) => {
    const name = parseName(from);
    expect([...name.wire]).toEqual(wire);
    expect(formatName(name)).toBe(shown);
    expect([...parseName(shown).wire]).toEqual(wire);
  });

  test.each([
    '',
    '..',
    '.a',
    'a..b',
    'a..',
    ' ',
    'a b',
    'é.example',
    'a\tb',
    'a\nb',
    '\\',
    'a\\',
    '\\256',
    '\\1',
    '\\12',
    '\\1a',
    `${'x'.repeat(64)}.example`,
    long(256),
    'a.'.repeat(128),
    'x'.repeat(100_000),
    '\\000'.repeat(64),
  ])('%j is no domain name', (from) => {
    expect(() => parseName(from)).toThrow(NameError);
    expect(tryParseName(from)).toBeUndefined();
  });

  test('every octet survives in a label', () => {
    for (let octet = 0; octet < 256; octet++) {
      const name = nameOfLabels([Uint8Array.of(octet), Buffer.from('example')]);
      const shown = formatName(name);
      expect(shown).toMatch(/^[\x21-\x7e]+$/);
      expect([...parseName(shown).wire]).toEqual([...name.wire]);
    }
  });
});

describe('limits (RFC 1035 §2.3.4)', () => {
  test.each([
    { octets: 65, holds: true },
    { octets: 255, holds: true },
    { octets: 256, holds: false },
  ])('a name of $octets octets: $holds', ({ octets, holds }) => {
    expect(tryParseName(long(octets))?.wire.length).toBe(holds ? octets : undefined);
  });
  test('127 labels', () => expect(parseName('a.'.repeat(127)).labels).toBe(127));
  test('a label of 63 octets', () => expect(parseName(`${'x'.repeat(63)}.`).labels).toBe(1));
  test('an empty label cannot be put into a name', () => expect(() => nameOfLabels([new Uint8Array(0)])).toThrow(NameError));
  test('prepending past 255 octets', () => expect(() => prepend(Buffer.from('a'), parseName(long(255)))).toThrow(NameError));
});

describe('comparison without case, ASCII letters alone (RFC 4343)', () => {
  test.each([
    { a: 'Example.Com', b: 'eXAMPLE.cOM.', same: true },
    { a: '[.example', b: '{.example', same: false },
    { a: '\\193.example', b: '\\225.example', same: false },
    { a: 'a.example', b: 'b.example', same: false },
    { a: 'a\\.b.example', b: 'a.b.example', same: false },
    { a: 'example', b: 'example.example', same: false },
  ])('$a and $b: $same', ({ a, b, same }) => expect(sameName(parseName(a), parseName(b))).toBe(same));

  test('case is kept', () => expect(formatName(parseName('MiXed.Example'))).toBe('MiXed.Example.'));
  test('a length octet is never taken for a letter', () => {
    // 0x41 and more are no length octets, but the octet behind a label of 63 is where a sloppy loop would look.
    const name = parseName(`${'A'.repeat(63)}.B`);
    expect(Buffer.from(toCanonical(name)).toString('latin1')).toBe(`\x3f${'a'.repeat(63)}\x01b\x00`);
  });
});

describe('canonical order (RFC 4034 §6.1)', () => {
  const ordered = [
    'example',
    'a.example',
    'yljkjljk.a.example',
    'Z.a.example',
    'zABC.a.EXAMPLE',
    'z.example',
    '\\001.z.example',
    '*.z.example',
    '\\200.z.example',
  ].map(parseName);

  test('the example of the RFC, from every order', () => {
    expect([...ordered].reverse().sort(compareNames).map(formatName)).toEqual(ordered.map(formatName));
  });
  test('each pair', () => {
    for (const [i, a] of ordered.entries())
      for (const [j, b] of ordered.entries()) expect(Math.sign(compareNames(a, b))).toBe(Math.sign(i - j));
  });
  test('the root comes first', () => expect(compareNames(ROOT, parseName('\\000'))).toBeLessThan(0));
  test('case does not count', () => expect(compareNames(parseName('A.example'), parseName('a.EXAMPLE'))).toBe(0));
  test('a shorter label comes before the longer it begins', () =>
    expect(compareNames(parseName('ab.example'), parseName('ab\\000.example'))).toBeLessThan(0));
});

describe('the tree', () => {
  test.each([
    { name: 'a.b.example', up: 'b.example.' },
    { name: 'example', up: '.' },
    { name: '.', up: undefined },
    { name: 'a\\.b.example', up: 'example.' },
  ])('parent of $name is $up', ({ name, up }) => expect(text(parent(parseName(name)))).toBe(up));

  test('a parent is a name like any other', () => expect(parent(parseName('A.B.Example'))).toEqual(makeName(parseName('B.Example').wire)));

  test.each([
    { name: 'a.example', zone: 'example', within: true, below: true },
    { name: 'example', zone: 'EXAMPLE', within: true, below: false },
    { name: 'example', zone: '.', within: true, below: true },
    { name: 'notexample', zone: 'example', within: false, below: false },
    { name: 'example', zone: 'a.example', within: false, below: false },
    { name: 'a\\007example', zone: 'example', within: false, below: false }, // the octets of `example.` at the end of a label
    { name: '.', zone: '.', within: true, below: false },
  ])('$name in $zone: $within, below it: $below', ({ name, zone, within, below }) => {
    expect(isWithin(parseName(name), parseName(zone))).toBe(within);
    expect(isBelow(parseName(name), parseName(zone))).toBe(below);
  });

  test('ancestors', () => {
    const name = parseName('a.b.c.example');
    expect([0, 1, 2, 3, 4].map((labels) => text(ancestor(name, labels)))).toEqual([
      '.',
      'example.',
      'c.example.',
      'b.c.example.',
      'a.b.c.example.',
    ]);
  });
  test.each([
    { a: 'a.b.example', b: 'x.B.example', common: 'b.example.' },
    { a: 'example', b: 'test', common: '.' },
    { a: 'a.example', b: 'example', common: 'example.' },
  ])('common ancestor of $a and $b', ({ a, b, common }) =>
    expect(text(commonAncestor(parseName(a), parseName(b)))?.toLowerCase()).toBe(common),
  );

  test('labels, first to last', () =>
    expect(labelsOf(parseName('a\\.b.c')).map((label) => Buffer.from(label).toString())).toEqual(['a.b', 'c']));
  test('wildcards', () => {
    expect(text(wildcardOf(parseName('example')))).toBe('*.example.');
    expect(wildcardOf(parseName(long(254)))).toBeUndefined();
    expect([isWildcard(parseName('*.example')), isWildcard(parseName('\\042.example')), isWildcard(parseName('a*.example'))]).toEqual([
      true,
      true,
      false,
    ]);
  });
  test.each([
    { name: 'a.b.old', from: 'old', to: 'new.example', result: 'a.b.new.example.' },
    { name: 'old', from: 'old', to: 'new', result: undefined }, // a DNAME does not rename its owner (RFC 6672 §2.3)
    { name: 'a.older', from: 'old', to: 'new', result: undefined },
    { name: `${'x'.repeat(63)}.old`, from: 'old', to: long(200), result: undefined }, // too long: YXDOMAIN (RFC 6672 §2.2)
  ])('DNAME of $from in $name', ({ name, from, to, result }) =>
    expect(text(replaceSuffix(parseName(name), parseName(from), parseName(to)))).toBe(result),
  );
});
