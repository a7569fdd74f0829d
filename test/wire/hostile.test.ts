import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/base/record.ts';
import { composeMessage } from '../../src/wire/compose.ts';
import { WireError } from '../../src/wire/error.ts';
import { indexMessage, MAX_RECORDS } from '../../src/wire/message-index.ts';
import { readMessage } from '../../src/wire/read-message.ts';
import { hostileMessages } from './hostile-messages.ts';

function orFault<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return error.fault;
    throw error;
  }
}

/** Octets held by the names and RDATA of a message; owners that records share count once. */
function weigh({ answer, authority, additional }: Message): number {
  const rrsets = [...answer, ...authority, ...additional];
  const octets = [
    ...new Set(rrsets.map(({ owner }) => owner.wire)),
    ...rrsets.flatMap(({ rdata, signatures }) => [...rdata, ...signatures]),
  ];
  return octets.reduce((sum, { length }) => sum + length, 0);
}

describe('65,535 octets made to cost much are read in bounds or refused', () => {
  test.each(hostileMessages)('$title', ({ octets }) => {
    expect(octets.length).toBe(65_535);
    const index = orFault(() => indexMessage(octets));
    if (typeof index !== 'string') expect(index.records).toBeLessThanOrEqual(MAX_RECORDS);
    const message = orFault(() => readMessage(octets));
    if (typeof message === 'string') return;
    expect(weigh(message)).toBeLessThanOrEqual(5 * 65_535);
    expect(readMessage(composeMessage(message, 65_535)).question.length).toBe(message.question.length);
  });

  test.each([
    { title: 'owners at the end of a chain of 8,000 pointers', fault: 'pointer' },
    { title: 'distinct long owners', fault: 'too-long' },
    { title: 'MINFO of long names, all equal', fault: 'too-long' },
    { title: 'MINFO of long names, distinct', fault: 'too-long' },
    { title: 'NS, distinct long owners and targets', fault: 'too-long' },
    { title: 'RRSIGs that cover nothing, distinct long owners', fault: 'too-long' },
    { title: '4,096 questions of long names', fault: 'too-long' },
    { title: '15,000 empty EDNS options', fault: 'opt' },
    { title: 'counts of 65,535', fault: 'too-many-records' },
  ])('$title: $fault', ({ title, fault }) => {
    const { octets } = hostileMessages.find((message) => message.title === title)!;
    expect(orFault(() => readMessage(octets))).toBe(fault);
  });
});
