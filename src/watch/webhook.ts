/** Sends JSON to an address of the operator's: one after another, a few tries each, and never more waiting than there is room for. */

export interface WebhookDeps {
  readonly url: string;
  readonly post: (url: string, body: string, signal: AbortSignal) => Promise<{ readonly ok: boolean; readonly status: number }>;
  /** Hears of what was given up. Synchronous, must not throw. */
  readonly onLost: (why: string) => void;
  readonly wait: (milliseconds: number) => Promise<void>;
}

const MAX_WAITING = 1_000;
const TIMEOUT_MS = 10_000;
/** Before the second try, and before the third. */
const PAUSES_MS = [10_000, 60_000];

/** `fetch`, which follows no redirection: what is told is for that address. */
export async function postJson(url: string, body: string, signal: AbortSignal): Promise<{ ok: boolean; status: number }> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal, redirect: 'error' });
  await response.body?.cancel();
  return { ok: response.ok, status: response.status };
}

export function createWebhook(deps: WebhookDeps): { send(news: object): void; stop(): void } {
  const waiting: string[] = [];
  const ended = new AbortController();
  let isSending = false;

  async function deliver(body: string): Promise<string | undefined> {
    let fault = '';
    for (const pause of [0, ...PAUSES_MS]) {
      if (pause > 0) await deps.wait(pause);
      if (ended.signal.aborted) return undefined;
      try {
        const { ok, status } = await deps.post(deps.url, body, AbortSignal.any([ended.signal, AbortSignal.timeout(TIMEOUT_MS)]));
        if (ok) return undefined;
        fault = `status ${status}`;
      } catch (error) {
        fault = error instanceof Error ? error.message : String(error);
      }
    }
    return fault;
  }

  async function work(): Promise<void> {
    isSending = true;
    for (let body = waiting.shift(); body !== undefined && !ended.signal.aborted; body = waiting.shift()) {
      const fault = await deliver(body);
      if (fault !== undefined) deps.onLost(`three tries failed: ${fault}`);
    }
    isSending = false;
  }

  return {
    send(news) {
      if (waiting.length >= MAX_WAITING) {
        deps.onLost(`${MAX_WAITING} wait already`);
        return;
      }
      waiting.push(JSON.stringify(news));
      if (!isSending) void work();
    },
    stop: () => ended.abort(),
  };
}
