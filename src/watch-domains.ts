/** Puts the watching of mail domains together: the configuration, the check, the state file, the webhook, the log and the metrics. */

import type { Question } from './base/record.ts';
import { Class, Type } from './base/registry.ts';
import type { Config } from './config.ts';
import type { CheckDane } from './dane/check.ts';
import type { WatchNews } from './dane/watch.ts';
import type { Metrics } from './http/metrics.ts';
import type { Logger } from './log.ts';
import { PopularNames } from './watch/popular.ts';
import { WatchStore } from './watch/store.ts';
import { startWatching } from './watch/watching.ts';
import { createWebhook, postJson } from './watch/webhook.ts';

export interface DomainWatch {
  /** Hears of each question that was answered with data. */
  readonly onQuestion: (question: Question) => void;
  /** @returns what ends it */
  start(checkDane: CheckDane): () => void;
}

const HALVE_MS = 3_600_000;

/** Starts nothing yet. Undefined where nothing is to be watched. */
export function openDomainWatch(
  { dane: { watch } }: Config,
  metrics: Pick<Metrics, 'countWatchNews' | 'watchDomains'>,
  log: Logger,
  now: () => number,
): DomainWatch | undefined {
  if (watch.domains.length === 0 && watch.mostAsked === 0) return undefined;
  const popular = new PopularNames();
  return {
    onQuestion({ qname, qtype, qclass }) {
      if (watch.mostAsked > 0 && qtype === Type.MX && qclass === Class.IN && qname.labels > 0) popular.count(qname);
    },
    start(checkDane) {
      const webhook = watch.webhook === undefined ? undefined : openWebhook(watch.webhook, log);
      const watching = startWatching({
        domains: watch.domains,
        popular: () => popular.top(watch.mostAsked),
        checkDane: (domain) => checkDane(domain, { probe: watch.probe }),
        store: watch.stateFile === undefined ? undefined : new WatchStore(watch.stateFile),
        deliver(news: WatchNews) {
          metrics.countWatchNews(news.event);
          webhook?.send({ ...news, at: new Date(now() * 1000).toISOString() });
        },
        log,
        now,
        everySecond: (run) => every(1_000, run),
      });
      metrics.watchDomains(watching.size);
      const endHalving = every(HALVE_MS, () => popular.halve());
      log.info({ domains: watch.domains.length, mostAsked: watch.mostAsked }, 'watching mail domains');
      return () => {
        endHalving();
        watching.stop();
        webhook?.stop();
      };
    },
  };
}

function every(milliseconds: number, run: () => void): () => void {
  const timer = setInterval(run, milliseconds).unref();
  return () => clearInterval(timer);
}

function openWebhook(url: string, log: Logger): ReturnType<typeof createWebhook> {
  return createWebhook({
    url,
    post: postJson,
    // Whoever knows the whole of it may post there.
    onLost: (why) => log.error({ webhook: new URL(url).origin }, `news of a watched domain was not delivered: ${why}`),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref()),
  });
}
