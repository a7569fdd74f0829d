import { expect, test } from 'vitest';
import { createFrameReader } from '../../src/server/frame-reader.ts';

const frame = (octets: Uint8Array) => Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 0xff]), octets]);
const messages = [
  Buffer.from('first'),
  Buffer.alloc(0),
  Buffer.alloc(700, 3),
  Buffer.from('x'),
  Buffer.alloc(65_535, 9),
  Buffer.from('last'),
];
const stream = Buffer.concat(messages.map(frame));

test.each([1, 2, 3, 7, 511, 512, 513, 4_096, 65_536, stream.length])('RFC 1035 §4.2.2: messages cut into chunks of %i octets', (size) => {
  const reader = createFrameReader();
  const found: Buffer[] = [];
  for (let at = 0; at < stream.length; at += size) {
    reader.feed(stream.subarray(at, at + size));
    for (let message = reader.next(); message; message = reader.next()) found.push(message);
  }
  expect(found).toHaveLength(messages.length);
  // Read only now: what was handed out may not be overwritten by what came after.
  expect(found.every((message, i) => message.equals(messages[i] as Buffer))).toBe(true);
});

test('whole messages may be left in the reader while more is fed', () => {
  const reader = createFrameReader();
  for (let at = 0; at < stream.length; at += 1_000) reader.feed(stream.subarray(at, at + 1_000));
  for (const message of messages) expect(reader.next()?.equals(message)).toBe(true);
  expect(reader.next()).toBeUndefined();
});

test('an unfinished message is handed out once it is whole, and forgotten when cleared', () => {
  const reader = createFrameReader();
  reader.feed(Buffer.from([0, 5, 1, 2]));
  expect(reader.next()).toBeUndefined();
  reader.clear();
  reader.feed(frame(Buffer.from('new')));
  expect(reader.next()?.toString()).toBe('new');
});
