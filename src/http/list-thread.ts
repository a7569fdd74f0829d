/** A thread that reads one list and ends: `list-reader.ts` starts it. */

import { parentPort, workerData } from 'node:worker_threads';
import { ListError, listDomains, readDomainList } from '../preflight/domain-list.ts';
import type { ListOutcome, ListTask } from './list-reader.ts';

function read({ domains, list, options }: ListTask): ListOutcome {
  try {
    return { read: domains ? listDomains(domains, options) : readDomainList(Buffer.from(list ?? ''), options) };
  } catch (error) {
    if (error instanceof ListError) return { fault: error.message };
    throw error;
  }
}

parentPort?.postMessage(read(workerData as ListTask));
