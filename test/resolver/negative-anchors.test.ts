import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { NegativeAnchors } from '../../src/resolver/negative-anchors.ts';

const zone = parseName('broken.test.');
const anchor = { zone, reason: 'broken', until: 100_000 };
const verdict = (reason: 'negative-trust-anchor' | 'unsigned-delegation') => ({ state: 'insecure', zone, reason }) as const;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function make(validates: () => Promise<boolean>) {
  const lifted: string[] = [];
  const clock = { now: 1_000 };
  const looks = { count: 0 };
  const anchors = new NegativeAnchors({
    configured: [anchor],
    now: () => clock.now,
    validates() {
      looks.count++;
      return validates();
    },
    onLifted: ({ reason }) => lifted.push(reason),
  });
  return { anchors, lifted, clock, looks };
}

test('lifted once its zone validates', async () => {
  const { anchors, lifted } = make(async () => true);
  anchors.heed(verdict('negative-trust-anchor'));
  await turn();
  expect(anchors.standing()).toEqual([]);
  expect(lifted).toEqual(['broken']);
});

test.each([
  ['does not validate', async () => false],
  ['cannot be looked at for a fault of ours, which ends no process', () => Promise.reject(new Error('ours'))],
])('stands where its zone %s', async (_title, validates) => {
  const { anchors, lifted } = make(validates);
  anchors.heed(verdict('negative-trust-anchor'));
  await turn();
  expect(anchors.standing()).toEqual([anchor]);
  expect(lifted).toEqual([]);
});

test('looked at for its own verdicts alone, each 300 s at most, by a clock that may be set back', async () => {
  const { anchors, clock, looks } = make(async () => false);
  anchors.heed(verdict('unsigned-delegation'));
  expect(looks.count).toBe(0);
  for (const [now, count] of [
    [1_000, 1],
    [1_299, 1],
    [1_300, 2],
    [900, 3],
  ] as const) {
    clock.now = now;
    anchors.heed(verdict('negative-trust-anchor'));
    expect(looks.count, `at ${now}`).toBe(count);
  }
});
