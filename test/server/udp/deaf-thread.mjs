// A front thread that has, the first time that it is started, a descriptor which is none. For front.test.ts.
import { workerData } from 'node:worker_threads';

const control = new Int32Array(workerData.table.shared);
const STARTS = 15; // a word that the layout leaves free
if (Atomics.add(control, STARTS, 1) === 0) workerData.sockets[0] = 1_000_000;
await import(new URL('../../../dist/server/udp/front-thread.js', import.meta.url).href);
