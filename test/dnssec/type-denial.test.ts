/** What a type bit map at a name denies (RFC 6840 §4.1-4.4). */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { objectionToNodata } from '../../src/dnssec/type-denial.ts';
import { readTypeBitmap } from '../../src/wire/rdata/type-bitmap.ts';
import { typeBitmap, typeNumber } from '../vectors/read-records.ts';

const name = parseName('a.example.');
const objection = (types: string, qtype: number) =>
  objectionToNodata(readTypeBitmap(typeBitmap(types.split(' ').filter(Boolean).map(typeNumber))), name, qtype);

describe('ANY is denied where nothing is but the denial itself', () => {
  test.each(['', 'RRSIG', 'NSEC', 'NSEC3', 'RRSIG NSEC', 'RRSIG NSEC NSEC3'])('types "%s": denied', (types) => {
    expect(objection(types, Type.ANY)).toBeUndefined();
  });

  test.each(['A', 'A RRSIG NSEC', 'RRSIG NSEC TYPE65280'])('types "%s": not denied', (types) => {
    expect(objection(types, Type.ANY)).toBe('the record at the name says that some type exists');
  });
});

test('another type is denied beside types that exist', () => {
  expect(objection('A RRSIG NSEC', Type.MX)).toBeUndefined();
});
