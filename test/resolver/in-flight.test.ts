/** Work in flight: shared once, charged to all, never in a circle (design rule 3). */

import { describe, expect, test } from 'vitest';
import { BudgetExceeded, clientLimits, type Limits, sharedLimits } from '../../src/base/budget.ts';
import { type Steps, takeSteps } from '../../src/base/steps.ts';
import type { Shared, Work } from '../../src/base/work.ts';
import { InFlight } from '../../src/resolver/in-flight.ts';
import { Turns } from '../../src/resolver/turns.ts';

function setUp() {
  const clock = { ms: 0 };
  const inFlight = new InFlight({ monotonicMs: () => clock.ms, sharedDeadlineMs: 8000 });
  const begin = <T>(key: string, run: (work: Work) => Promise<T>, limits: Limits = clientLimits, deadlineMs = 8000) =>
    inFlight.begin(key, limits, deadlineMs, undefined, run);
  return { clock, inFlight, begin };
}

/** A promise to be settled by hand. */
function gate(): { promise: Promise<void>; open: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

test('equal questions at the same time run once, and again once they are over', async () => {
  const { begin, inFlight } = setUp();
  let runs = 0;
  const run = async () => ++runs;
  const both = await Promise.all([begin('a', run), begin('a', run)]);
  expect(both).toEqual([
    { outcome: 'done', value: 1 },
    { outcome: 'done', value: 1 },
  ]);
  expect(inFlight.size).toBe(0);
  expect(await begin('a', run)).toEqual({ outcome: 'done', value: 2 });
});

test('shared work runs once for two queries', async () => {
  const { begin } = setUp();
  const held = gate();
  let runs = 0;
  const query = async (work: Work) =>
    work.share('keys', async () => {
      runs++;
      await held.promise;
      return 'keys';
    });
  const all = [begin('a', query), begin('b', query)];
  await Promise.resolve();
  held.open();
  expect((await Promise.all(all)).map((shared) => shared.outcome === 'done' && shared.value)).toEqual([
    { outcome: 'done', value: 'keys' },
    { outcome: 'done', value: 'keys' },
  ]);
  expect(runs).toBe(1);
});

test('its cost is charged to everybody who waits, whoever began it', async () => {
  const { begin } = setUp();
  const held = gate();
  const limits = { ...clientLimits, upstreamQueries: 10 };
  const share = (work: Work) =>
    work.share('keys', async (own) => {
      await held.promise;
      own.spend('upstreamQueries', 8);
      return 'keys';
    });
  const query = (before: number) => async (work: Work) => {
    work.spend('upstreamQueries', before);
    await share(work);
    return 'done';
  };
  const all = [begin('first', query(2), limits), begin('second', query(3), limits)];
  await Promise.resolve();
  held.open();
  expect(await Promise.all(all)).toEqual([
    { outcome: 'done', value: 'done' },
    { outcome: 'limit-spent', limit: 'upstreamQueries' },
  ]);
});

test('CVE-2026-50045: whoever begins shared work pays for it as it goes, at every depth, and gets no new quota by it', async () => {
  const { begin } = setUp();
  const limits = { ...clientLimits, upstreamQueries: 10 };
  let sent = 0;
  const ask = (own: Work): void => {
    own.spend('upstreamQueries');
    sent++;
  };
  const deep = async (own: Work, level: number): Promise<string> => {
    for (let i = 0; i < 4; i++) ask(own);
    if (level < 5) await own.share(`level ${level}`, (next) => deep(next, level + 1));
    return 'done';
  };
  await begin('client', (work) => deep(work, 0), limits);
  expect(sent).toBe(10);
});

test('NXNSAttack: once a limit is spent, nothing more is begun on its account', async () => {
  const { begin } = setUp();
  const limits = { ...clientLimits, upstreamQueries: 5 };
  let begun = 0;
  const fan = async (own: Work, name: string, level: number): Promise<void> => {
    begun++;
    own.spend('upstreamQueries');
    for (let i = 0; level > 0 && i < 8; i++) await own.share(`${name}.${i}`, (next) => fan(next, `${name}.${i}`, level - 1));
  };
  expect(await begin('client', (work) => fan(work, 'ns', 4), limits)).toEqual({ outcome: 'limit-spent', limit: 'upstreamQueries' });
  expect(begun).toBe(6);
});

test('a limit that is no matter of whoever pays ends none of the work that was begun before', async () => {
  const { begin } = setUp();
  const held = gate();
  let inner: Promise<Shared<unknown>> | undefined;
  await begin('poor', async (work) => {
    inner = work.share('keys', async (own) => {
      await held.promise;
      return own.share('more', async () => 'keys');
    });
    work.spend('aliases', 100);
  });
  held.open();
  expect(JSON.stringify(await inner)).toContain('"keys"');
});

test('shared work has limits of its own, and their end is no failure of the neighbour who waits', async () => {
  const { begin } = setUp();
  const held = gate();
  const greedy = async (own: Work) => {
    await held.promise;
    own.spend('signatureChecks', sharedLimits.signatureChecks + 1);
  };
  const query = async (work: Work) => {
    const shared = await work.share('keys', greedy);
    return `${shared.outcome} and goes on`;
  };
  const all = [begin('a', query), begin('b', query)];
  await Promise.resolve();
  held.open();
  expect(await Promise.all(all)).toEqual([
    { outcome: 'done', value: 'limit-spent and goes on' },
    { outcome: 'done', value: 'limit-spent and goes on' },
  ]);
});

test('the query that began shared work may end without ending it for others', async () => {
  const { begin } = setUp();
  const held = gate();
  let inner: Promise<Shared<string>> | undefined;
  const first = begin('poor', async (work) => {
    inner = work.share('keys', async () => {
      await held.promise;
      return 'keys';
    });
    work.spend('aliases', 100);
  });
  expect(await first).toEqual({ outcome: 'limit-spent', limit: 'aliases' });
  const second = begin('rich', (work) => work.share('keys', async () => 'not run'));
  held.open();
  expect(await second).toEqual({ outcome: 'done', value: { outcome: 'done', value: 'keys' } });
  await inner;
});

test('work that waits for itself is a circle', async () => {
  const { begin } = setUp();
  const result = begin('q', (work) => work.share('a', (own) => own.share('a', async () => 'never')));
  expect(await result).toEqual({ outcome: 'done', value: { outcome: 'done', value: { outcome: 'cycle' } } });
});

test('so is work that waits for itself through others', async () => {
  const { begin } = setUp();
  const result = begin('q', (work) => work.share('a', (a) => a.share('b', (b) => b.share('a', async () => 'never'))));
  expect(JSON.stringify(await result)).toContain('cycle');
});

test('and so is a circle that closes at once, after the work had waited for something else', async () => {
  const { begin } = setUp();
  const result = begin('q', (work) =>
    work.share('a', async (a) => {
      await Promise.resolve();
      return a.share('b', (b) => b.share('a', async () => 'never'));
    }),
  );
  expect(JSON.stringify(await result)).toContain('cycle');
});

test('and work of two queries that wait for each other crosswise: neither hangs', async () => {
  const { begin } = setUp();
  const held = gate();
  const cross = (mine: string, other: string) => async (work: Work) =>
    work.share(mine, async (own) => {
      await held.promise;
      return own.share(other, async () => 'not run, for it runs already');
    });
  const all = [begin('one', cross('a', 'b')), begin('two', cross('b', 'a'))];
  await Promise.resolve();
  held.open();
  const outcomes = await Promise.all(all);
  expect(outcomes.every(({ outcome }) => outcome === 'done')).toBe(true);
  expect(JSON.stringify(outcomes).split('cycle').length - 1).toBe(2);
});

test('work ends at a depth of 10', async () => {
  const { begin } = setUp();
  let deepest = 0;
  const dig =
    (depth: number) =>
    async (work: Work): Promise<unknown> => {
      deepest = Math.max(deepest, depth);
      return work.share(`level ${depth}`, dig(depth + 1));
    };
  const result = await begin('q', dig(0));
  expect(JSON.stringify(result)).toContain('"limit":"depth"');
  expect(deepest).toBe(10);
});

test('beginning shared work costs a subquery, joining it none', async () => {
  const { begin } = setUp();
  const limits = { ...clientLimits, subqueries: 1 };
  const held = gate();
  const first = begin('a', (work) => work.share('keys', () => held.promise));
  await Promise.resolve();
  const second = begin('b', async (work) => Promise.all([work.share('keys', async () => {}), work.share('other', async () => {})]), limits);
  const third = begin('c', async (work) => Promise.all([work.share('x', async () => {}), work.share('y', async () => {})]), limits);
  held.open();
  expect((await first).outcome).toBe('done');
  expect((await second).outcome).toBe('done');
  expect(await third).toEqual({ outcome: 'limit-spent', limit: 'subqueries' });
});

test('shared work ends with the time of who began it, at the latest', async () => {
  const { begin, clock } = setUp();
  let remaining = 0;
  await begin(
    'q',
    async (work) => {
      clock.ms = 400;
      await work.share('a', async (own) => {
        remaining = own.remainingMs();
      });
      return work.remainingMs();
    },
    clientLimits,
    1000,
  );
  expect(remaining).toBe(600);
});

test('the time of who began shared work is not the time of who joined it: it runs again', async () => {
  const { begin, clock } = setUp();
  const held = gate();
  let runs = 0;
  const query = (work: Work) =>
    work.share('keys', async (own) => {
      runs++;
      await held.promise;
      if (own.remainingMs() <= 0) throw new BudgetExceeded('time');
      return 'keys';
    });
  const hurried = begin('hurried', query, clientLimits, 100);
  await Promise.resolve();
  const patient = begin('patient', query, clientLimits, 8000);
  await Promise.resolve();
  clock.ms = 200;
  held.open();
  expect(await hurried).toEqual({ outcome: 'done', value: { outcome: 'limit-spent', limit: 'time' } });
  expect(await patient).toEqual({ outcome: 'done', value: { outcome: 'done', value: 'keys' } });
  expect(runs).toBe(2);
});

test('a fault of ours reaches whoever waits, and leaves nothing behind', async () => {
  const { begin, inFlight } = setUp();
  const fault = new Error('a bug');
  await expect(begin('q', (work) => work.share('a', async () => Promise.reject(fault)))).rejects.toBe(fault);
  expect(inFlight.size).toBe(0);
});

test('a spent limit is an outcome, whichever it was', async () => {
  const { begin } = setUp();
  expect(await begin('q', async () => Promise.reject(new BudgetExceeded('time')))).toEqual({ outcome: 'limit-spent', limit: 'time' });
});

describe('work that computes', () => {
  /** A clock that steps alone move: each takes a millisecond. */
  function computing(withTurns = true) {
    const clock = { ms: 0, steps: 0 };
    const monotonicMs = () => clock.ms;
    const turns = withTurns ? new Turns({ monotonicMs, afterOthers: setImmediate }) : undefined;
    const inFlight = new InFlight({ monotonicMs, sharedDeadlineMs: 1e9, turns });
    function* steps(count: number): Steps<string> {
      for (let i = 0; i < count; i++) {
        clock.ms++;
        clock.steps++;
        yield;
      }
      return 'ended';
    }
    const begin = <T>(key: string, deadlineMs: number, run: (work: Work) => Promise<T>) =>
      inFlight.begin(key, clientLimits, deadlineMs, undefined, run);
    return { clock, turns, begin, steps };
  }

  test.each([true, false])('ends with its time, with turns (%s) or without, and is no verdict', async (withTurns) => {
    const { clock, begin, steps } = computing(withTurns);
    const long = await begin('x', 100, (work) => takeSteps(steps(400), work));
    expect(long).toEqual({ outcome: 'limit-spent', limit: 'time' });
    expect(clock.steps).toBe(100);
    expect(await begin('y', 100, (work) => takeSteps(steps(99), work))).toEqual({ outcome: 'done', value: 'ended' });
  });

  test('and takes no step once its time ended while it waited', async () => {
    const { clock, turns, begin, steps } = computing();
    const running = begin('x', 100, (work) => takeSteps(steps(400), work));
    for (let i = 0; i < 10 && turns?.waiting === 0; i++) await Promise.resolve();
    expect(turns?.waiting).toBe(1);
    const before = clock.steps;
    clock.ms = 5_000;
    expect(await running).toEqual({ outcome: 'limit-spent', limit: 'time' });
    expect(clock.steps).toBe(before);
  });

  test('has the turns of its client query, into however many pieces it is split', async () => {
    const { clock, begin, steps } = computing();
    const ends: number[] = [];
    const honest = begin('honest', 1e9, async (work) => {
      await takeSteps(steps(16), work);
      ends.push(clock.ms);
    });
    const split = [1, 2, 3].map((query) =>
      begin(`split ${query}`, 1e9, async (work) => {
        for (let i = 0; i < 50; i++) await work.share(`${query}/${i}`, (own) => takeSteps(steps(8), own));
      }),
    );
    await Promise.all([honest, ...split]);
    expect(clock.ms).toBeGreaterThan(1_200);
    expect(ends[0], 'four by turns, 16 ms each').toBeLessThan(80);
  });
});
