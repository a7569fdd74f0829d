/**
 * Reads a list of domains on a thread of its own, for the one that answers DNS must not stand still meanwhile: four megabytes that are made
 * for it take a minute (measured: each line a few microseconds, each cell of CSV more).
 */

import { Worker } from 'node:worker_threads';
import { type DomainList, ListError, type ListOptions } from '../preflight/domain-list.ts';

/** What is to be read: domains, or a list as a text. */
export interface ListTask {
  readonly domains?: readonly string[] | undefined;
  readonly list?: string | undefined;
  readonly options: ListOptions;
}

export type ListOutcome = { readonly read: DomainList } | { readonly fault: string };

/** The numbers are ours: an honest list of 10,000 domains takes half a second and some 50 MB. */
const limits = { timeMs: 10_000, megaOctets: 512 } as const;

/** The compiled thread; beside this file, but where this is run uncompiled, by tests. */
const threadFile = new URL(import.meta.url.endsWith('.ts') ? '../../dist/http/list-thread.js' : './list-thread.js', import.meta.url);

/** @param signal ends it. @throws {ListError} also for a list that takes too long or too much memory */
export function readListApart(task: ListTask, signal: AbortSignal): Promise<DomainList> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadFile, {
      workerData: task,
      name: 'zeker-list',
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limits.megaOctets },
    });
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      void worker.terminate();
    };
    const fail = (error: Error) => {
      end();
      reject(error);
    };
    const onAbort = () => fail(new ListError('nobody waits for it any more'));
    const timer = setTimeout(() => fail(new ListError('it takes too long to read')), limits.timeMs);
    signal.addEventListener('abort', onAbort, { once: true });
    worker.once('message', (outcome: ListOutcome) => {
      end();
      if ('read' in outcome) resolve(outcome.read);
      else reject(new ListError(outcome.fault));
    });
    worker.once('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new ListError('it takes too much memory to read') : error),
    );
    worker.once('exit', () => fail(new Error('the thread that read a list ended without a word')));
    if (signal.aborted) onAbort();
  });
}
