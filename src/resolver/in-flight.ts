/**
 * Work in flight, shared by all that need it. A graph of who waits for whom keeps two pieces of work from waiting for each other
 * for ever: glueless delegations that point at each other are such a circle (CVE-2026-123586).
 */

import { BudgetExceeded, type Cost, type Limit, type Limits, openBudget, sharedLimits } from '../base/budget.ts';
import type { Trace } from '../base/trace.ts';
import type { Shared, Work } from '../base/work.ts';
import type { Queuer, Turns } from './turns.ts';

/** How deep work may cause other work: an address behind a server name behind an address, and so on. */
const MAX_DEPTH = 10;
/**
 * Pieces of work that one client query may begin, at all depths together. Some cost nothing that is counted: where zones without glue
 * name each other's servers and all their delegations are known, every path among them would be tried without a query sent.
 */
const MAX_BEGUN = 400;

interface Task {
  readonly depth: number;
  /** Of the client query behind it, and so the same for all that it begins. */
  readonly family: Queuer & { begun: number };
  readonly waitsFor: Set<Task>;
  /** Who began it, and pays what it costs as it arises. */
  readonly payer: Task | undefined;
  readonly exceeded: () => Cost | undefined;
  readonly spent: () => Readonly<Record<Cost, number>>;
  /** Something it waited for ended by a limit, which may be that of whoever began it: its result is not what another would get. */
  isCurtailed: boolean;
  promise: Promise<Shared<unknown>>;
}

export interface InFlightOptions {
  /** Milliseconds of a monotonic clock. */
  readonly monotonicMs: () => number;
  /** Milliseconds one piece of shared work may take. */
  readonly sharedDeadlineMs: number;
  /** Hears of each piece of work that a limit ended, kept from beginning or from judging. Synchronous, must not throw. */
  readonly onLimit?: ((limit: Limit) => void) | undefined;
  /** Shares out the time of this process; undefined: whoever computes is left to. */
  readonly turns?: Turns | undefined;
}

/** Keeps the work in flight of one resolver. */
export class InFlight {
  readonly #tasks = new Map<string | symbol, Task>();
  readonly #options: InFlightOptions;

  constructor(options: InFlightOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#tasks.size;
  }

  /** Runs `run` as the work of one client query; equal keys share it. The limits are those of a client query. */
  begin<T>(
    key: string | symbol,
    limits: Limits,
    deadlineMs: number,
    trace: Trace | undefined,
    run: (work: Work) => Promise<T>,
  ): Promise<Shared<T>> {
    const existing = this.#tasks.get(key);
    if (existing) return existing.promise as Promise<Shared<T>>;
    return this.#start(key, 0, { begun: 0, turnsHad: 0 }, limits, deadlineMs, trace, run).promise as Promise<Shared<T>>;
  }

  #start<T>(
    key: string | symbol,
    depth: number,
    family: Task['family'],
    limits: Limits,
    deadlineMs: number,
    trace: Trace | undefined,
    run: (work: Work) => Promise<T>,
    payer?: { readonly task: Task; readonly work: Work },
  ): Task {
    const budget = openBudget(limits);
    const end = this.#options.monotonicMs() + deadlineMs;
    const task: Task = {
      depth,
      family,
      waitsFor: new Set(),
      payer: payer?.task,
      exceeded: budget.exceeded,
      spent: budget.spent,
      isCurtailed: false,
      promise: Promise.resolve({ outcome: 'cycle' }),
    };
    const work: Work = {
      // Paid at once by whoever began it too: two at a time at each of ten levels would else be a thousand before the first bill.
      spend: (what, amount = 1) => {
        budget.spend(what, amount);
        if (isCharged(what)) payer?.work.spend(what, amount);
      },
      depth,
      remainingMs: () => end - this.#options.monotonicMs(),
      trace,
      turn: () => this.#turn(work, family),
      report: (limit) => this.#options.onLimit?.(limit),
      share: (sharedKey, sharedRun) => this.#share(task, work, sharedKey, sharedRun),
    };
    this.#tasks.set(key, task);
    task.promise = this.#run(key, run, work);
    // Whoever waits hears of a fault of ours; when nobody waits any more it must not end the process.
    task.promise.catch(() => {});
    return task;
  }

  async #run<T>(key: string | symbol, run: (work: Work) => Promise<T>, work: Work): Promise<Shared<T>> {
    await undefined; // not at once: whoever waits for this must be on record before it looks for circles
    try {
      return { outcome: 'done', value: await run(work) };
    } catch (error) {
      if (!(error instanceof BudgetExceeded)) throw error;
      this.#options.onLimit?.(error.limit);
      return { outcome: 'limit-spent', limit: error.limit };
    } finally {
      this.#tasks.delete(key);
    }
  }

  /** @throws {BudgetExceeded} when the time of this work is over, before it waits or after */
  #turn(work: Work, queuer: Queuer): Promise<void> | undefined {
    mustHaveTime(work);
    return this.#options.turns?.next(queuer, () => work.remainingMs() <= 0)?.then(() => mustHaveTime(work));
  }

  async #share<T>(waiter: Task, work: Work, key: string, run: (work: Work) => Promise<T>): Promise<Shared<T>> {
    mustHaveMeans(waiter);
    let task = this.#tasks.get(key);
    if (task && reaches(task, waiter)) return { outcome: 'cycle' };
    const joined = task !== undefined;
    if (!task) {
      const limit = waiter.depth >= MAX_DEPTH ? 'depth' : waiter.family.begun >= MAX_BEGUN ? 'subqueries' : undefined;
      if (limit) {
        waiter.isCurtailed = true;
        this.#options.onLimit?.(limit);
        return { outcome: 'limit-spent', limit };
      }
      work.spend('subqueries');
      waiter.family.begun++;
      task = this.#start(
        key,
        waiter.depth + 1,
        waiter.family,
        sharedLimits,
        Math.min(this.#options.sharedDeadlineMs, work.remainingMs()),
        work.trace,
        run,
        { task: waiter, work },
      );
    }
    waiter.waitsFor.add(task);
    let shared: Shared<T>;
    try {
      shared = (await task.promise) as Shared<T>;
    } finally {
      waiter.waitsFor.delete(task);
      if (joined) charge(work, task.spent());
    }
    const isCurtailed = task.isCurtailed || shared.outcome === 'limit-spent';
    // It had the time and the means of whoever began it; ours are others.
    if (joined && isCurtailed && work.remainingMs() > 0) return this.#share(waiter, work, key, run);
    waiter.isCurtailed ||= isCurtailed;
    return shared;
  }
}

function mustHaveTime(work: Work): void {
  if (work.remainingMs() <= 0) throw new BudgetExceeded('time');
}

/**
 * A limit that is spent ends all that is done on its account, before more is begun: each piece would else come as far as its own first expense,
 * and whoever began it, hearing that it failed, begin the next.
 * @throws {BudgetExceeded}
 */
function mustHaveMeans(task: Task): void {
  const own = task.exceeded();
  if (own) throw new BudgetExceeded(own);
  for (let { payer } = task; payer; payer = payer.payer) {
    const limit = payer.exceeded();
    if (limit && isCharged(limit)) throw new BudgetExceeded(limit);
  }
}

/** Whether `from` waits for `to`, directly or through others, or is it. */
function reaches(from: Task, to: Task): boolean {
  const seen = new Set<Task>();
  const open = [from];
  for (let task = open.pop(); task; task = open.pop()) {
    if (task === to) return true;
    if (seen.has(task)) continue;
    seen.add(task);
    open.push(...task.waitsFor);
  }
  return false;
}

/** What whoever waits for shared work pays of its cost; aliases and subqueries are counted where they arise. */
const charged = [
  'upstreamQueries',
  'upstreamOctets',
  'signatureChecks',
  'failedChecks',
  'failedWork',
  'nsec3Hashes',
  'cryptoWork',
  'futileLookups',
] as const satisfies readonly Cost[];

function isCharged(what: Cost): boolean {
  return (charged as readonly Cost[]).includes(what);
}

function charge(work: Work, spent: Readonly<Record<Cost, number>>): void {
  for (const what of charged) work.spend(what, spent[what]);
}
