import { describe, expect, test } from 'vitest';
import { edeOption, readEde } from '../../src/wire/ede.ts';

const textOf = (text: string) => Buffer.from(edeOption(6, text).data.subarray(2)).toString();

describe('extended DNS errors (RFC 8914 §2)', () => {
  test('octets of an option', () => {
    expect(edeOption(0x0106, 'no')).toEqual({ code: 15, data: Uint8Array.of(1, 6, 0x6e, 0x6f) });
    expect(edeOption(22)).toEqual({ code: 15, data: Uint8Array.of(0, 22) });
  });
  test.each([
    { title: 'a newline', from: 'a\nb\r', to: 'a?b?' },
    { title: 'escape, NUL, DEL and C1', from: '\x1b[31m\0\x7f\x9b', to: '?[31m???' },
    { title: 'line separators and what turns the direction of writing', from: '\u2028\u2029\u202e', to: '???' },
    { title: 'half a surrogate pair', from: 'a\ud800b', to: 'a?b' },
    { title: 'other scripts stay', from: 'clé 鍵 🔑', to: 'clé 鍵 🔑' },
  ])('$title', ({ from, to }) => expect(textOf(from)).toBe(to));
  test.each([
    { title: '64 characters', from: 'x'.repeat(64), characters: 64 },
    { title: '65', from: 'x'.repeat(65), characters: 64 },
    { title: 'a million', from: 'é'.repeat(1_000_000), characters: 64 },
    { title: '100 of four octets each', from: '🔑'.repeat(100), characters: 64 },
  ])('$title: cut between characters', ({ from, characters }) => {
    expect([...textOf(from)].length).toBe(characters);
    expect(from.startsWith(textOf(from))).toBe(true);
  });
  test.each([
    { title: 'code and text', option: edeOption(9, 'no key'), want: { infoCode: 9, extraText: 'no key' } },
    { title: 'no text', option: edeOption(9), want: { infoCode: 9, extraText: '' } },
    { title: 'a NUL at the end', option: { code: 15, data: Buffer.from('\0\x06ab\0\0') }, want: { infoCode: 6, extraText: 'ab' } },
    {
      title: 'octets that are no UTF-8',
      option: { code: 15, data: Buffer.from([0, 6, 0xff, 0x61]) },
      want: { infoCode: 6, extraText: '\ufffda' },
    },
    {
      title: 'a hostile text',
      option: { code: 15, data: Buffer.concat([Buffer.of(0, 6), Buffer.alloc(60_000, 0x0a)]) },
      want: { infoCode: 6, extraText: '?'.repeat(64) },
    },
    { title: 'too short for a code', option: { code: 15, data: Uint8Array.of(0) }, want: undefined },
    { title: 'another option', option: { code: 10, data: Uint8Array.of(0, 6) }, want: undefined },
  ])('read: $title', ({ option, want }) => expect(readEde(option)).toEqual(want));
});
