/**
 * Whose query is next, over all connections: they go by turns, query by query, and after a few of them all else of the event loop has its
 * turn. So a client that sends thousands at once over a hundred connections does not hold up one that sends a single query.
 */

/** Queries taken in one turn of the event loop, by our choice: each may cost a fraction of a millisecond to compose an answer to. */
const PER_TURN = 8;

export interface Rota {
  /** Has `next` run when it is its turn: in the order in which they asked. */
  ask(next: () => void): void;
}

/** @param afterOthers runs something once what waits in the event loop has had its turn */
export function createRota(afterOthers: (run: () => void) => void = setImmediate): Rota {
  const queue: (() => void)[] = [];
  let asked = false;

  function turn(): void {
    asked = false;
    for (const next of queue.splice(0, PER_TURN)) next();
    if (queue.length > 0) askForTurn();
  }

  function askForTurn(): void {
    if (asked) return;
    asked = true;
    afterOthers(turn);
  }

  return {
    ask(next) {
      queue.push(next);
      askForTurn();
    },
  };
}
