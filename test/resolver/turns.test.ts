/** Whoever computes for long waits its turn. */

import { expect, test } from 'vitest';
import { finish, type Steps, takeSteps } from '../../src/base/steps.ts';
import { type Queuer, Turns } from '../../src/resolver/turns.ts';

/** A clock that only work moves, and a loop that comes round when told. */
function makeLoop() {
  const clock = { now: 1000 };
  const callbacks: (() => void)[] = [];
  const turns = new Turns({ monotonicMs: () => clock.now, afterOthers: (run) => callbacks.push(run) });
  const comeRound = async () => {
    for (const run of callbacks.splice(0)) run();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return { clock, callbacks, turns, comeRound };
}

const newcomer = (): Queuer => ({ turnsHad: 0 });

test('nobody waits within the first two milliseconds of a turn, and everybody after', () => {
  const { clock, turns } = makeLoop();
  const one = newcomer();
  expect(turns.next(one)).toBeUndefined();
  clock.now += 1.9;
  expect(turns.next(one)).toBeUndefined();
  clock.now += 0.2;
  expect(turns.next(one)).toBeInstanceOf(Promise);
  expect(turns.next(newcomer()), 'another in the same turn').toBeInstanceOf(Promise);
});

test("time between two turns is nobody's", async () => {
  const { clock, turns, comeRound } = makeLoop();
  expect(turns.next(newcomer())).toBeUndefined();
  await comeRound();
  clock.now += 5_000;
  expect(turns.next(newcomer())).toBeUndefined();
});

test('one goes on each time the loop comes round, who has had fewest turns first, and nobody is forgotten', async () => {
  const { clock, turns, comeRound, callbacks } = makeLoop();
  const order: string[] = [];
  const greedy: Queuer = { turnsHad: 7 };
  turns.next(greedy);
  clock.now += 3;
  const queue = async (title: string, queuer: Queuer) => {
    await turns.next(queuer);
    order.push(title);
  };
  const all = [queue('greedy', greedy), queue('first', newcomer()), queue('second', newcomer())];
  expect(turns.waiting).toBe(3);
  for (const expected of [['first'], ['first', 'second'], ['first', 'second', 'greedy']]) {
    await comeRound();
    expect(order).toEqual(expected);
  }
  await Promise.all(all);
  await comeRound();
  expect([turns.waiting, callbacks.length], 'and then the loop is left alone').toEqual([0, 0]);
});

test('whose time is over is let go first and takes no turn from those who have time', async () => {
  const { clock, turns, comeRound } = makeLoop();
  const order: string[] = [];
  turns.next(newcomer());
  await comeRound(); // and all that wait were looked through a moment ago
  turns.next(newcomer());
  clock.now += 3;
  const queue = async (title: string, end: number) => {
    await turns.next(newcomer(), () => clock.now >= end);
    order.push(title);
  };
  const all = [queue('over 1', 1010), queue('over 2', 1010), queue('in time', 9000), queue('last', 9000)];
  clock.now = 1020;
  await comeRound();
  expect(order).toEqual(['over 1', 'over 2', 'in time']);
  expect(turns.waiting).toBe(1);
  await comeRound();
  await Promise.all(all);
});

test('nobody waits long past its time behind others who have had fewer turns', async () => {
  const { clock, turns, comeRound } = makeLoop();
  turns.next(newcomer());
  clock.now += 3;
  const late = Array.from({ length: 1_000 }, () => turns.next({ turnsHad: 5 }, () => clock.now >= 2_000));
  while (clock.now < 2_100) {
    void turns.next(newcomer(), () => false);
    void turns.next(newcomer(), () => false);
    await comeRound();
    clock.now += 3;
    if (clock.now < 2_000) expect(turns.waiting).toBeGreaterThan(1_000);
  }
  await Promise.all(late);
  expect(turns.waiting).toBeLessThan(1_000);
});

test('while the loop never comes to rest, whoever has waited long has every second turn, who has waited longest first', async () => {
  const { clock, turns, comeRound } = makeLoop();
  const order: string[] = [];
  const queue = async (title: string, queuer: Queuer) => {
    await turns.next(queuer);
    order.push(title);
  };
  turns.next(newcomer());
  clock.now += 3;
  const all = [queue('had 5', { turnsHad: 5 }), queue('had 2', { turnsHad: 2 })];
  while (clock.now < 2_000) {
    all.push(queue('new', newcomer()), queue('new', newcomer()));
    await comeRound();
    clock.now += 3;
  }
  const late = ['had 5', 'had 2'].map((title) => order.indexOf(title));
  expect(late[0], 'not before those who had fewer turns while it had not waited long').toBeGreaterThan(50);
  expect(late[1]).toBe((late[0] as number) + 2);
  expect(order.slice(late[0]).filter((title) => title === 'new').length).toBeGreaterThan(100);
});

test('steps are taken in slices, and come to the same as all at once', async () => {
  const { clock, turns, comeRound } = makeLoop();
  const slices = [0];
  function* steps(): Steps<string> {
    for (let i = 0; i < 20; i++) {
      clock.now += 0.5;
      slices[slices.length - 1] = (slices.at(-1) as number) + 1;
      yield;
    }
    return 'done';
  }
  const queuer = newcomer();
  const running = takeSteps(steps(), { turn: () => turns.next(queuer) });
  while (turns.waiting > 0) {
    slices.push(0);
    await comeRound();
  }
  expect(await running).toBe('done');
  expect(Math.max(...slices)).toBeLessThanOrEqual(5);
  expect(slices.length).toBeGreaterThanOrEqual(4);
  expect(finish(steps())).toBe('done');
});

test('an error of a step reaches who waits for it', async () => {
  // biome-ignore lint/correctness/useYield: it fails before
  function* failing(): Steps<void> {
    throw new Error('spent');
  }
  await expect(takeSteps(failing(), { turn: () => undefined })).rejects.toThrow('spent');
});
