/**
 * Watches mail domains (`dane.watch`): checks each before its lookups end, tells of what changed to the log, the metrics and a webhook, and
 * keeps what it told in a file, so that a restart tells nothing twice.
 */

import { BudgetExceeded } from '../base/budget.ts';
import { formatName, type Name } from '../base/name.ts';
import type { CheckDane } from '../dane/check.ts';
import { mailName } from '../dane/lookup.ts';
import { type Compared, compareUnfinished, compareWatched, nextCheck, UNSEEN, type Watched, type WatchNews } from '../dane/watch.ts';
import type { WatchLog, WatchStore } from './store.ts';

export interface WatchDeps {
  /** Domains of the configuration. */
  readonly domains: readonly Name[];
  /** Domains that are watched for being asked for most, as they stand now. */
  readonly popular: () => readonly Name[];
  readonly checkDane: CheckDane;
  readonly store: WatchStore | undefined;
  readonly deliver: (news: WatchNews) => void;
  readonly log: WatchLog;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Runs every second until its result is called. */
  readonly everySecond: (run: () => void) => () => void;
}

export interface Watching {
  readonly size: () => number;
  /** Starts no more checks, and keeps the state. */
  stop(): void;
}

/** A check is dozens of upstream queries, and nobody waits for it. */
const AT_ONCE = 2;
const RETRY_SECONDS = 60;
/** The first checks after a start are spread over so many seconds. */
const SPREAD_SECONDS = 60;
const CHOOSE_ANEW_SECONDS = 600;
const SAVE_SECONDS = 10;

interface Entry {
  readonly name: Name;
  watched: Watched;
  due: number;
  isRunning: boolean;
}

export function startWatching(deps: WatchDeps): Watching {
  const entries = new Map<string, Entry>();
  const kept = deps.store?.load(deps.log) ?? new Map<string, Watched>();
  let running = 0;
  let chooseAt = Number.NEGATIVE_INFINITY;
  let saveAt = Number.POSITIVE_INFINITY;

  /** Those of the configuration, and those asked for most; who is no longer among them is forgotten. */
  function choose(now: number): void {
    chooseAt = now + CHOOSE_ANEW_SECONDS;
    const chosen = new Map([...deps.domains, ...deps.popular()].map((name) => [name.key, name]));
    for (const key of entries.keys()) if (!chosen.has(key)) entries.delete(key);
    const added = [...chosen].filter(([key]) => !entries.has(key));
    added.forEach(([key, name], i) => {
      const due = now + (SPREAD_SECONDS * i) / added.length;
      const text = mailName(name);
      entries.set(key, { name, watched: kept.get(text) ?? UNSEEN, due, isRunning: false });
      kept.delete(text); // the rest waits for those asked for most: nobody has asked yet after a start
    });
  }

  async function check(entry: Entry): Promise<void> {
    entry.isRunning = true;
    running++;
    try {
      const report = await deps.checkDane(entry.name);
      const now = deps.now();
      entry.due = nextCheck(report, now);
      note(entry, compareWatched(entry.watched, report, now), now);
    } catch (error) {
      const now = deps.now();
      entry.due = now + RETRY_SECONDS;
      if (error instanceof BudgetExceeded) note(entry, compareUnfinished(entry.watched, mailName(entry.name)), now);
      else deps.log.error({ err: error, domain: formatName(entry.name) }, 'a watched domain was not checked');
    } finally {
      entry.isRunning = false;
      running--;
    }
  }

  function note(entry: Entry, { after, news }: Compared, now: number): void {
    if (JSON.stringify(after) !== JSON.stringify(entry.watched)) saveAt = Math.min(saveAt, now + SAVE_SECONDS);
    entry.watched = after;
    for (const item of news) tell(item);
  }

  function tell(news: WatchNews): void {
    const { domain, event, ended, detail } = news;
    deps.log[ended ? 'info' : 'warn']({ domain, event, ended }, detail);
    deps.deliver(news);
  }

  function save(): void {
    saveAt = Number.POSITIVE_INFINITY;
    deps.store?.save(new Map([...entries.values()].map(({ name, watched }) => [mailName(name), watched])), deps.log);
  }

  function tick(): void {
    const now = deps.now();
    if (now >= chooseAt) choose(now);
    const due = [...entries.values()].filter((entry) => !entry.isRunning && entry.due <= now).sort((a, b) => a.due - b.due);
    for (const entry of due.slice(0, AT_ONCE - running)) void check(entry);
    if (now >= saveAt) save();
  }

  const end = deps.everySecond(tick);
  return {
    size: () => entries.size,
    stop() {
      end();
      if (saveAt < Number.POSITIVE_INFINITY) save();
    },
  };
}
