/**
 * The preflight itself: every domain of a list checked, so many at once, each with its outcome. Whatever makes the check (a resolver in this
 * process, one day with a look at the certificates) is an argument.
 */

import { BudgetExceeded } from '../base/budget.ts';
import type { CheckDane } from '../dane/check.ts';
import { printable } from '../dane/lookup.ts';
import type { ListedDomain } from './domain-list.ts';
import { isComplete, judgeReport } from './judge.ts';
import type { Plan } from './plan.ts';
import type { PreflightRow } from './row.ts';

export interface PreflightDeps {
  readonly check: CheckDane;
  /** Domains checked at once. */
  readonly atOnce: number;
  /** Rows of these domains are known already, by their text. */
  readonly known?: ReadonlyMap<string, PreflightRow>;
  /** Ends it: no further domain is begun, and those under way are not waited for. */
  readonly signal?: AbortSignal;
}

/** Domains at once in the second round: what failed in the first may have failed for too much at once. */
const AT_ONCE_AGAIN = 8;

/**
 * Yields a row a domain, in the order in which they are done. Where a lookup failed, the domain is asked once more when all else is done:
 * servers that were slow or silent may have found back by then. Whoever stops reading stops the work.
 */
export async function* runPreflight(
  domains: readonly ListedDomain[],
  plan: Plan,
  { check, atOnce, known, signal }: PreflightDeps,
): AsyncGenerator<PreflightRow, void, undefined> {
  const again: ListedDomain[] = [];
  const unknown: ListedDomain[] = [];
  for (const listed of domains) {
    const row = known?.get(listed.text);
    if (row) yield row;
    else unknown.push(listed);
  }
  const work = async (listed: ListedDomain) => ({ listed, ...(await checkListed(listed, plan, check)) });
  for await (const { listed, row, complete } of asDone(unknown, atOnce, work, signal)) {
    if (complete) yield row;
    else again.push(listed);
  }
  for await (const { row } of asDone(again, Math.min(atOnce, AT_ONCE_AGAIN), work, signal)) yield row;
}

interface Checked {
  readonly row: PreflightRow;
  /** Whether every lookup came to a verdict. */
  readonly complete: boolean;
}

async function checkListed({ domain, text, policy: listed }: ListedDomain, plan: Plan, check: CheckDane): Promise<Checked> {
  const { settings } = plan;
  const policy = listed ?? settings.policy;
  const common = { domain: text, policy, ...(plan.isInternal(domain) ? { internal: true as const } : {}) };
  if (policy === 'none') return { row: { ...common, outcome: 'not-applied', reason: 'dane-off' }, complete: true };
  const route = plan.routeOf(domain);
  // The appliance's manual: DANE fails where a route's host is not USEDNS, and with it the delivery.
  if (route)
    return { row: { ...common, outcome: 'held', reason: 'smtp-route', detail: printable(`to ${route.join(', ')}`) }, complete: true };
  try {
    const report = await check(domain);
    return { row: { ...common, ...judgeReport(report, policy, settings.judge) }, complete: isComplete(report) };
  } catch (error) {
    if (!(error instanceof BudgetExceeded)) throw error;
    return { row: { ...common, outcome: 'cannot-tell', reason: 'check-not-finished' }, complete: false };
  }
}

/** Results as they are done, `atOnce` in the making; ends early once the signal says so. */
async function* asDone<In, Out>(
  items: readonly In[],
  atOnce: number,
  work: (item: In) => Promise<Out>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Out, void, undefined> {
  const running = new Set<Promise<{ readonly out: Out; readonly self: () => unknown }>>();
  const aborted = signal && new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
  let next = 0;
  const begin = () => {
    const started = work(items[next++] as In).then((out) => ({ out, self: () => running.delete(started) }));
    started.catch(() => {}); // heard below, unless nobody reads on
    running.add(started);
  };
  while (!signal?.aborted) {
    while (running.size < atOnce && next < items.length) begin();
    if (running.size === 0) return;
    const done = await Promise.race(aborted ? [...running, aborted] : running);
    if (!done) return;
    done.self();
    yield done.out;
  }
}
