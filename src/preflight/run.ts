/**
 * The preflight itself: every domain of a list checked, so many at once, each with its outcome. Whatever makes the check (a resolver in this
 * process, one day with a look at the certificates) is an argument.
 */

import { BudgetExceeded } from '../base/budget.ts';
import type { CheckDane } from '../dane/check.ts';
import type { ListedDomain } from './domain-list.ts';
import { judgeReport } from './judge.ts';
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

/**
 * Yields a row a domain, in the order in which they are done. What could not be told is asked once more when all else is done: servers that
 * were slow or silent may have found back by then. Whoever stops reading stops the work.
 */
export async function* runPreflight(
  domains: readonly ListedDomain[],
  plan: Plan,
  { check, atOnce, known, signal }: PreflightDeps,
): AsyncGenerator<PreflightRow, void, undefined> {
  const untold: ListedDomain[] = [];
  const unknown: ListedDomain[] = [];
  for (const listed of domains) {
    const row = known?.get(listed.text);
    if (row) yield row;
    else unknown.push(listed);
  }
  const work = async (listed: ListedDomain) => ({ listed, row: await checkListed(listed, plan, check) });
  for await (const { listed, row } of asDone(unknown, atOnce, work, signal)) {
    if (row.outcome === 'cannot-tell') untold.push(listed);
    else yield row;
  }
  for await (const { row } of asDone(untold, atOnce, work, signal)) yield row;
}

async function checkListed({ domain, text, policy: listed }: ListedDomain, plan: Plan, check: CheckDane): Promise<PreflightRow> {
  const { settings } = plan;
  const policy = listed ?? settings.policy;
  const common = { domain: text, policy, ...(plan.isInternal(domain) ? { internal: true as const } : {}) };
  if (policy === 'none') return { ...common, outcome: 'not-applied', reason: 'dane-off' };
  const route = plan.routeOf(domain);
  // The appliance's manual: DANE fails where a route's host is not USEDNS, and with it the delivery.
  if (route) return { ...common, outcome: 'held', reason: 'smtp-route', detail: `to ${route.join(', ')}` };
  try {
    return { ...common, ...judgeReport(await check(domain), policy, settings.judge) };
  } catch (error) {
    if (error instanceof BudgetExceeded) return { ...common, outcome: 'cannot-tell', reason: 'check-not-finished' };
    throw error;
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
