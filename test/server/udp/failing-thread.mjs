// A front thread that fails at its first datagram, the first time that it is started. For front.test.ts.
import { workerData } from 'node:worker_threads';

const control = new Int32Array(workerData.table.shared);
const STARTS = 15; // a word that the layout leaves free
if (Atomics.add(control, STARTS, 1) === 0) throw new Error('as it was told to');
await import(new URL('../../../dist/server/udp/front-thread.js', import.meta.url).href);
