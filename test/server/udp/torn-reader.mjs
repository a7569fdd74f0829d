// A reader at full speed: reads the names of the table by turns until told to stop, and checks every answer that it gets. For torn.test.ts.
import { parentPort, workerData } from 'node:worker_threads';

const { TableReader } = await import(workerData.dist);
const { memory, names, stop, now } = workerData;
const reader = new TableReader(memory);
const buffer = new ArrayBuffer(2_048);
const out = { words: new Int32Array(buffer), octets: new Uint8Array(buffer) };
const questions = names.map((name) => Uint8Array.from([name.length, ...Buffer.from(name), 0, 0, 1, 0, 1]));
const flag = new Int32Array(stop);
let [hits, misses, torn] = [0, 0, 0];

/** An answer is whole where all octets behind its question are alike and as many as they themselves say (torn.test.ts makes them so). */
function isWhole(question) {
  const value = out.octets[12 + question.length];
  if (reader.bodyOctets !== question.length + 8 + value) return false;
  for (let at = question.length; at < reader.bodyOctets; at++) if (out.octets[12 + at] !== value) return false;
  return reader.edeOctets === value % 7 && reader.extendedErrors.subarray(0, reader.edeOctets).every((octet) => octet === value);
}

parentPort.postMessage('reading');
while (Atomics.load(flag, 0) === 0) {
  reader.begin(now);
  for (const question of questions) {
    if (!reader.read(question, 0, question.length, 0, out, 3)) misses++;
    else if (isWhole(question)) hits++;
    else torn++;
  }
}
parentPort.postMessage({ hits, misses, torn });
