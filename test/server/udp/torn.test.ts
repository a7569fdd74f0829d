import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { AnswerTable } from '../../../src/server/udp/table-writer.ts';

const NOW = 1_700_000_000;
const READERS = 4;
/** Some seconds; ZEKER_TORN_WRITES=4000000 makes it half a minute. */
const WRITES = Number(process.env.ZEKER_TORN_WRITES ?? 60_000);

test(`a writer and ${READERS} readers at full speed: no torn answer gets out`, async () => {
  const table = new AnswerTable(1_000_000);
  const names = ['a', 'mail', 'mx.example', 'b', 'c', 'd'];
  const stop = new SharedArrayBuffer(4);
  const dist = new URL('../../../dist/server/udp/table-reader.js', import.meta.url).href;
  const readers = names.slice(0, READERS).map(() => {
    return new Worker(new URL('./torn-reader.mjs', import.meta.url), {
      workerData: { dist, memory: table.memory, names, stop, now: NOW },
      execArgv: [],
    });
  });
  await Promise.all(readers.map((reader) => once(reader, 'message')));
  for (let write = 0; write < WRITES; write++) {
    const name = names[write % names.length]!;
    const question = Buffer.from([name.length, ...Buffer.from(name), 0, 0, 1, 0, 1]);
    const value = (write * 7) % 251; // sizes change, so slots change hands
    const body = Buffer.concat([question, Buffer.alloc(8 + value, value)]);
    table.publish(
      {
        dnssecOk: false,
        checkingDisabled: false,
        rcode: 0,
        secure: true,
        isDenial: false,
        body,
        questionOctets: question.length,
        answers: 1,
        authorities: 0,
        ttlOffsets: [],
        extendedErrors: Buffer.alloc(value % 7, value),
        born: NOW,
        expires: NOW + 300,
      },
      table.epoch,
    );
  }
  const counts = readers.map((reader) => once(reader, 'message'));
  Atomics.store(new Int32Array(stop), 0, 1);
  const sums = (await Promise.all(counts)).map(([count]) => count as { hits: number; misses: number; torn: number });
  expect(sums.map(({ torn }) => torn)).toEqual([0, 0, 0, 0]);
  for (const { hits } of sums) expect(hits).toBeGreaterThan(0);
  if (process.env.ZEKER_TORN_WRITES) console.log(sums);
}, 120_000);
