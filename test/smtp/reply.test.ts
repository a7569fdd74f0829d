import { expect, test } from 'vitest';
import { createReplyReader, replyLimits } from '../../src/smtp/reply.ts';

const read = (...chunks: readonly string[]) => {
  const reader = createReplyReader();
  return chunks.map((chunk) => reader.push(Buffer.from(chunk, 'latin1')));
};
const more = { step: 'more' };
const reply = (code: number, ...lines: readonly string[]) => ({ step: 'reply', reply: { code, lines }, rest: 0 });
const malformed = { step: 'fault', fault: 'reply-malformed' };
const tooLong = { step: 'fault', fault: 'reply-too-long' };

test.each<{ title: string; chunks: readonly string[]; want: readonly object[] }>([
  { title: 'one line', chunks: ['220 mx.example ESMTP\r\n'], want: [reply(220, 'mx.example ESMTP')] },
  { title: 'several lines', chunks: ['250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n'], want: [reply(250, 'mx', 'SIZE', 'STARTTLS')] },
  { title: 'octet by octet', chunks: [...'220 a\r\n'], want: [...Array(6).fill(more), reply(220, 'a')] },
  { title: 'a code alone', chunks: ['250\r\n'], want: [reply(250, '')] },
  { title: 'a line feed alone', chunks: ['220 a\n'], want: [reply(220, 'a')] },
  { title: 'two replies', chunks: ['220 a\r\n', '250 b\r\n'], want: [reply(220, 'a'), reply(250, 'b')] },
  { title: 'what comes behind a reply is counted', chunks: ['220 go\r\n250 x\r\n'], want: [{ ...reply(220, 'go'), rest: 7 }] },
  { title: 'codes that differ', chunks: ['250-a\r\n220 b\r\n'], want: [malformed] },
  { title: 'no code', chunks: ['hello\r\n'], want: [malformed] },
  { title: 'code 199', chunks: ['199 a\r\n'], want: [malformed] },
  { title: 'no separator', chunks: ['250STARTTLS\r\n'], want: [malformed] },
  { title: 'an empty line', chunks: ['\r\n'], want: [malformed] },
  { title: 'a line without end', chunks: [`220 ${'a'.repeat(replyLimits.lineOctets)}`], want: [tooLong] },
  { title: 'too many lines', chunks: [`${'250-a\r\n'.repeat(replyLimits.lines)}250 a\r\n`], want: [tooLong] },
  {
    title: 'too many octets in all',
    chunks: Array(18).fill(`220 ${'a'.repeat(1_800)}\r\n`),
    want: [...Array(17).fill(expect.objectContaining({ step: 'reply' })), expect.anything()],
  },
])('$title', ({ chunks, want }) => {
  expect(read(...chunks)).toEqual(want);
});

test('all replies of a dialogue share one limit', () => {
  const steps = read(...Array(20).fill(`220 ${'a'.repeat(1_800)}\r\n`));
  expect(steps.at(-1)).toEqual(tooLong);
});
