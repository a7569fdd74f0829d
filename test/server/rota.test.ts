import { expect, test } from 'vitest';
import { createRota } from '../../src/server/rota.ts';

/** A rota whose turns of the event loop come when they are told to. */
function stage() {
  const turns: (() => void)[] = [];
  return { rota: createRota((run) => turns.push(run)), turn: () => turns.shift()?.(), waiting: () => turns.length };
}

test('who asked first is first, eight in a turn of the event loop, and no turn is asked for in vain', () => {
  const { rota, turn, waiting } = stage();
  const taken: number[] = [];
  for (let i = 0; i < 20; i++) rota.ask(() => taken.push(i));
  expect([taken.length, waiting()]).toEqual([0, 1]);
  turn();
  expect([taken.length, waiting()]).toEqual([8, 1]);
  turn();
  turn();
  expect(taken).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(waiting()).toBe(0);
});

test('a single query among thousands of another connection is taken in the turn after', () => {
  const { rota, turn } = stage();
  let flooded = 0;
  const flood = () => {
    flooded++;
    rota.ask(flood); // as a connection does that always has one more
  };
  rota.ask(flood);
  for (let i = 0; i < 10; i++) turn();
  let taken = false;
  rota.ask(() => {
    taken = true;
  });
  turn();
  expect(taken).toBe(true);
  expect(flooded).toBe(11);
});
