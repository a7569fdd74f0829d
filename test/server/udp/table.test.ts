import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Control, geometryOf, Head, Mark, SLOT_OCTETS, type TableMemory, WAYS } from '../../../src/server/udp/layout.ts';
import { TableReader } from '../../../src/server/udp/table-reader.ts';
import { AnswerTable } from '../../../src/server/udp/table-writer.ts';
import type { FinishedAnswer } from '../../../src/service/finished.ts';

const NOW = 1_700_000_000;

/** The question `NAME. A IN`, its name one label. */
const questionOf = (name: string) => Buffer.from([name.length, ...Buffer.from(name), 0, 0, 1, 0, 1]);

function answerTo(name: string, more: Partial<FinishedAnswer> & { readonly padding?: number } = {}): FinishedAnswer {
  const question = questionOf(name);
  // One record: pointer, type, class, TTL 300, and as many octets as RDATA.
  const record = Buffer.concat([Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4]), Buffer.alloc(more.padding ?? 4, name)]);
  return {
    dnssecOk: false,
    checkingDisabled: false,
    rcode: 0,
    secure: true,
    isDenial: false,
    body: Buffer.concat([question, record]),
    questionOctets: question.length,
    answers: 1,
    authorities: 0,
    ttlOffsets: [question.length + 6],
    extendedErrors: Buffer.alloc(0),
    born: NOW,
    expires: NOW + 300,
    ...more,
  };
}

function readerOf(memory: TableMemory) {
  const reader = new TableReader(memory);
  const buffer = new ArrayBuffer(2_048);
  const out = { words: new Int32Array(buffer), octets: new Uint8Array(buffer) };
  return {
    reader,
    out,
    read(name: string, { now = NOW, marks = 0 } = {}): Buffer | undefined {
      const question = questionOf(name);
      reader.begin(now);
      const found = reader.read(question, 0, question.length, marks, out, 3);
      return found ? Buffer.from(out.octets.subarray(12, 12 + reader.bodyOctets)) : undefined;
    },
  };
}

function open(octets = 1_000_000) {
  const table = new AnswerTable(octets, 1);
  return { table, ...readerOf(table.memory) };
}

/** The only entry's first word. */
function entryOf({ memory: { shared, geometry } }: AnswerTable): number {
  const words = new Int32Array(shared);
  for (let at = Control.WORDS; at < geometry.pagesAt; at += 2) if (words[at + 1] !== 0) return words[at + 1]!;
  throw new Error('no entry');
}

describe('publish and read', () => {
  test('what is kept comes back whole, its question in lower case', () => {
    const { table, read, reader } = open();
    const answer = answerTo('Mail', { extendedErrors: Buffer.from('explained'), rcode: 3, isDenial: true, authorities: 2 });
    expect(table.publish(answer, table.epoch)).toBe(true);
    const body = read('mAIL');
    expect(body?.subarray(1, 5).toString()).toBe('mail');
    expect(body?.subarray(10)).toEqual(answer.body.subarray(10));
    expect(Buffer.from(reader.extendedErrors.subarray(0, reader.edeOctets)).toString()).toBe('explained');
    expect(reader.kind & 0xf).toBe(3);
    expect(reader.kind & Mark.SECURE).not.toBe(0);
    expect([(reader.kind >>> 16) & 0xff, reader.kind >>> 24]).toEqual([1, 2]);
    expect(read('other')).toBeUndefined();
  });

  test.each([0, 1, 2, 3, 4, 5, 30, 200, 700, 1_200])('bodies of any length: RDATA of %i octets', (padding) => {
    const { table, read } = open();
    const answer = answerTo('mail', { padding });
    table.publish(answer, table.epoch);
    expect(read('mail')).toEqual(answer.body);
  });

  test('a later answer to the same question takes the place of the earlier, in its slot or in another one', () => {
    const { table, read } = open();
    for (const padding of [4, 5, 600, 4]) {
      const answer = answerTo('mail', { padding });
      table.publish(answer, table.epoch);
      expect(read('mail')).toEqual(answer.body);
      expect(table.entries).toBe(1);
    }
  });

  test('a question is not told by its hash alone', () => {
    const { table, read, out, reader } = open();
    table.publish(answerTo('mail'), table.epoch);
    // The same entry under another key: as if two names had one hash.
    const words = new Int32Array(table.memory.shared);
    const body = (entryOf(table) + Head.WORDS + 1) * 4;
    new Uint8Array(table.memory.shared)[body + 1] = 'n'.charCodeAt(0);
    words[entryOf(table) + Head.CHECKSUM] = checksum(words, entryOf(table));
    expect(read('mail')).toBeUndefined();
    expect(out.octets[13]).toBe('n'.charCodeAt(0)); // it was whole, and not it
    expect(reader.bodyOctets).toBeGreaterThan(0);
  });

  test('all TTLs count down, each where it stands; none below 0', () => {
    const { table, read } = open();
    const question = questionOf('mail');
    const ttls = [300, 70_000, 5, 0x7fffffff];
    const octets = Buffer.alloc(4 * ttls.length);
    for (const [i, ttl] of ttls.entries()) octets.writeUInt32BE(ttl, 4 * i);
    const body = Buffer.concat([question, octets]);
    table.publish(answerTo('mail', { body, ttlOffsets: ttls.map((_, i) => question.length + 4 * i) }), table.epoch);
    const later = read('mail', { now: NOW + 100 })!.subarray(question.length);
    expect(ttls.map((_, i) => later.readUInt32BE(4 * i))).toEqual([200, 69_900, 0, 0x7fffffff - 100]);
  });

  test.each([
    ['too long', answerTo('mail', { padding: 1_240 })],
    ['with too many records', answerTo('mail', { answers: 256 })],
    ['with too many TTLs', answerTo('mail', { ttlOffsets: new Array(256).fill(12) })],
    ['with too long an explanation', answerTo('mail', { extendedErrors: Buffer.alloc(256) })],
    ['that ends at once', answerTo('mail', { expires: NOW })],
  ])('not an answer %s', (_, answer) => {
    const { table, read } = open();
    expect(table.publish(answer, table.epoch)).toBe(false);
    expect(read('mail')).toBeUndefined();
  });

  test('not an answer that was looked for in an earlier epoch', () => {
    const { table, read } = open();
    const { epoch } = table;
    table.empty();
    expect(table.publish(answerTo('mail'), epoch)).toBe(false);
    expect(read('mail')).toBeUndefined();
  });

  test('holds says whether an answer is there and not over', () => {
    const { table } = open();
    const { question } = key('mail');
    expect(table.holds(key('mail'), NOW)).toBe(false);
    table.publish(answerTo('mail'), table.epoch);
    expect(table.holds(key('MAIL'), NOW)).toBe(true);
    expect(table.holds({ ...key('mail'), dnssecOk: true }, NOW)).toBe(false);
    expect(table.holds({ ...key('mail'), question: { ...question, qtype: 15 } }, NOW)).toBe(false);
    expect(table.holds(key('mail'), NOW + 300)).toBe(false);
    table.empty();
    expect(table.holds(key('mail'), NOW)).toBe(false);
  });
});

describe('room', () => {
  const many = Array.from({ length: 12_000 }, (_, i) => `n${i}`);

  test('memory is held, and what is there stays readable', () => {
    const { table, read } = open();
    for (const name of many) table.publish(answerTo(name), table.epoch);
    expect(table.octets).toBeLessThanOrEqual(1_000_000);
    expect(table.memory.shared.byteLength).toBeLessThanOrEqual(1_000_000);
    const there = many.filter((name) => read(name));
    expect(there.length).toBe(table.entries);
    expect(there.length).toBeGreaterThan(2_000);
  });

  test('what is asked for stays; what nobody asks for goes', () => {
    const { table, read } = open();
    const loved = many.slice(0, 200);
    for (const name of loved) table.publish(answerTo(name), table.epoch);
    for (const [i, name] of many.slice(200).entries()) {
      if (i % 50 === 0) for (const asked of loved) read(asked);
      table.publish(answerTo(name), table.epoch);
    }
    expect(loved.filter((name) => read(name)).length).toBeGreaterThan(190);
  });

  test('what has ended goes before what is asked for', () => {
    const { table, read } = open();
    for (const name of many.slice(0, 3_000)) table.publish(answerTo(name, { expires: NOW + 1 }), table.epoch);
    for (const name of many.slice(3_000, 5_000)) {
      table.publish(answerTo(name, { born: NOW + 2 }), table.epoch);
      read(name, { now: NOW + 2 });
    }
    expect(many.slice(3_000, 5_000).filter((name) => read(name, { now: NOW + 2 })).length).toBeGreaterThan(1_950);
  });

  test('denials take no more than a quarter: a flood of them leaves the others', () => {
    const { table, read } = open(4_000_000);
    const others = many.slice(0, 2_000);
    for (const name of others) table.publish(answerTo(name), table.epoch);
    for (const name of many.slice(2_000)) table.publish(answerTo(name, { isDenial: true, rcode: 3, padding: 500 }), table.epoch);
    expect(others.filter((name) => read(name)).length).toBe(others.length);
    expect(table.octets).toBeLessThan(2_000_000);
  });

  test('a flood of answers of one size leaves room for every other size that comes later, denials too', () => {
    const { table, read } = open(16_000_000);
    const flood = Array.from({ length: 70_000 }, (_, i) => `flood${i}`);
    for (const name of flood) table.publish(answerTo(name, { padding: 180 }), table.epoch);
    const late = [4, 100, 300, 500, 700, 1_000].flatMap((padding) => [false, true].map((isDenial) => ({ padding, isDenial })));
    for (const more of late) table.publish(answerTo(`late${more.padding}${more.isDenial}`, more), table.epoch);
    expect(late.filter(({ padding, isDenial }) => !read(`late${padding}${isDenial}`))).toEqual([]);
  });

  test('so among denials', () => {
    const { table, read } = open(16_000_000);
    const flood = Array.from({ length: 20_000 }, (_, i) => `flood${i}`);
    for (const name of flood) table.publish(answerTo(name, { padding: 180, isDenial: true }), table.epoch);
    table.publish(answerTo('late', { padding: 700, isDenial: true }), table.epoch);
    expect(read('late')).toBeDefined();
  });

  test('a size that comes when all pages of a small table are given away has no room, and nothing is broken', () => {
    const { table, read } = open();
    for (const name of many) table.publish(answerTo(name, { padding: 180 }), table.epoch);
    expect(table.publish(answerTo('large', { padding: 1_000 }), table.epoch)).toBe(true);
    expect(table.publish(answerTo('middle', { padding: 500 }), table.epoch)).toBe(false);
    expect(read('middle')).toBeUndefined();
  });

  test('a full bucket gives up one that nobody asks for', () => {
    const { table, read } = open();
    const { buckets } = table.memory.geometry;
    const names = many.slice(0, buckets * WAYS * 2).filter((_, i) => i < 12_000);
    for (const name of names) table.publish(answerTo(name), table.epoch);
    expect(table.entries).toBeLessThanOrEqual(buckets * WAYS);
    expect(names.filter((name) => read(name)).length).toBe(table.entries);
  });

  test('slots hold the largest answer there is, and the smallest table has a page for each size', () => {
    const words = Head.WORDS + 128 + Math.ceil(1_232 / 4) + 64;
    expect(SLOT_OCTETS.at(-1)).toBeGreaterThanOrEqual(words * 4);
    expect(() => geometryOf(100_000)).toThrow(RangeError);
    expect(geometryOf(1_000_000).pages).toBeGreaterThanOrEqual(SLOT_OCTETS.length);
  });
});

describe('a torn read', () => {
  test('of an entry that is written to while it is copied is a miss, even where all that was copied is right', () => {
    const { table, reader, out } = open();
    table.publish(answerTo('mail'), table.epoch);
    const version = entryOf(table) + Head.VERSION;
    let writes = 0;
    const words = new Proxy(out.words, {
      set(target, at, value) {
        if (writes > 0) Atomics.add(new Int32Array(table.memory.shared), version, writes);
        return Reflect.set(target, at, value);
      },
    });
    reader.begin(NOW);
    const read = () => reader.read(questionOf('mail'), 0, questionOf('mail').length, 0, { words, octets: out.octets }, 3);
    expect(read()).toBe(true);
    writes = 2;
    expect(read()).toBe(false);
  });

  /** All words of the entry that differ between two states of the memory. */
  const differing = (a: Int32Array, b: Int32Array) => Array.from(a.keys()).filter((at) => a[at] !== b[at]);

  test('of an entry half written over is a miss, whatever part has been written and in whatever order it is seen', () => {
    const { table, read } = open();
    const [before, after] = [
      answerTo('mail', { padding: 8, secure: true }),
      answerTo('mail', {
        padding: 8,
        secure: false,
        body: answerTo('mail', { padding: 8 }).body.map((octet, i) => (i > 20 ? octet ^ 0x55 : octet)),
      }),
    ];
    table.publish(before, table.epoch);
    const old = new Int32Array(table.memory.shared).slice();
    table.publish(after, table.epoch);
    const words = new Int32Array(table.memory.shared);
    const fresh = words.slice();
    const version = entryOf(table) + Head.VERSION;
    const changes = differing(old, fresh).filter((at) => at !== version);
    expect(changes.length).toBeGreaterThan(2);
    fc.assert(
      fc.property(fc.shuffledSubarray(changes), fc.constantFrom(old[version]!, old[version]! + 1, fresh[version]!), (written, seen) => {
        words.set(old);
        for (const at of written) words[at] = fresh[at]!;
        words[version] = seen;
        const body = read('mail');
        if (seen % 2 === 1) return body === undefined;
        if (written.length === 0) return body?.equals(before.body) === true;
        if (written.length === changes.length) return body?.equals(after.body) === true;
        return body === undefined;
      }),
      { numRuns: 2_000 },
    );
  });

  test('of any octets at all is a miss or the answer, and stays in bounds', () => {
    const { table, read, out } = open();
    const answer = answerTo('mail', { padding: 40, extendedErrors: Buffer.from('why') });
    table.publish(answer, table.epoch);
    const words = new Int32Array(table.memory.shared);
    const entry = entryOf(table);
    const whole = words.slice();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 24 }), fc.integer()), { minLength: 1, maxLength: 4 }), (changes) => {
        words.set(whole);
        for (const [at, value] of changes) words[entry + at] = value;
        const body = read('mail');
        expect(out.octets[2_047]).toBe(0);
        return body === undefined || body.equals(answer.body);
      }),
      { numRuns: 5_000 },
    );
  });

  test('of an index that points anywhere is a miss', () => {
    const { table, read } = open();
    table.publish(answerTo('mail'), table.epoch);
    const words = new Int32Array(table.memory.shared);
    const { pagesAt } = table.memory.geometry;
    const place = Array.from(words.subarray(0, pagesAt).keys()).find((at) => at >= Control.WORDS && words[at] === entryOf(table))!;
    for (const pointer of [-1, 1, 7, pagesAt + 1, words.length - 1, words.length, 0x7fffffff]) {
      words[place] = pointer;
      expect(read('mail')).toBeUndefined();
    }
  });
});

function key(name: string) {
  const wire = questionOf(name).subarray(0, -4);
  const qname = { wire, labels: 1, key: wire.toString('latin1').toLowerCase() } as never;
  return { question: { qname, qtype: 1, qclass: 1 }, dnssecOk: false, checkingDisabled: false };
}

/** As the writer makes it, for an entry of one TTL. */
function checksum(words: Int32Array, entry: number): number {
  const mixed = (sum: number, word: number) => Math.imul((sum << 5) ^ (sum >>> 27) ^ word, 0x9e3779b1);
  const body = words[entry + Head.SIZES]! & 0xffff;
  const end = entry + Head.WORDS + 1 + ((body + 3) >> 2);
  const head = [Head.HASH, Head.BORN, Head.EXPIRES, Head.EPOCH, Head.SIZES, Head.KIND].map((at) => words[entry + at]!);
  return [...head, ...words.subarray(entry + Head.WORDS, end)].reduce(mixed, 0);
}
