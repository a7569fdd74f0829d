/** Hostile queries, case by case, beside Unbound: CPU, memory, upstream queries, slices of the event loop, and an innocent client's p99. */

import { runInNamespace } from './do53/namespace.mjs';

export const packages = ['unbound', 'iproute2', 'util-linux'];

export const run = (task) => runInNamespace(task, new URL('hostile/inside.mjs', import.meta.url));
