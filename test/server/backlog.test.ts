import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createBacklog } from '../../src/server/backlog.ts';

/** A socket as far as the backlog looks at it. */
function fake(writableLength: number) {
  const socket = {
    writableLength,
    destroyed: false,
    destroy() {
      socket.destroyed = true;
    },
  };
  return socket as typeof socket & Socket;
}

describe('answers that wait over all connections', () => {
  test('up to the limit nobody is cut', () => {
    const backlog = createBacklog(1_000);
    const sockets = [fake(400), fake(600)];
    for (const socket of sockets) backlog.note(socket);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    expect(backlog.octets).toBe(1_000);
  });

  test('beyond it the one with most to read is cut, not the one that came last', () => {
    let cuts = 0;
    const backlog = createBacklog(1_000, () => cuts++);
    const [hoarder, other, reader] = [fake(700), fake(250), fake(100)];
    for (const socket of [hoarder, other, reader]) backlog.note(socket);
    expect([hoarder.destroyed, other.destroyed, reader.destroyed]).toEqual([true, false, false]);
    expect(backlog.octets).toBe(350);
    expect(cuts).toBe(1);
  });

  test('what was read meanwhile does not count', () => {
    const backlog = createBacklog(1_000);
    const [first, second] = [fake(700), fake(700)];
    backlog.note(first);
    Object.assign(first, { writableLength: 10 });
    backlog.note(second);
    expect([first.destroyed, second.destroyed]).toEqual([false, false]);
    expect(backlog.octets).toBe(710);
  });

  test('a connection that ended leaves nothing', () => {
    const backlog = createBacklog(1_000);
    const socket = fake(900);
    backlog.note(socket);
    socket.destroy();
    backlog.note(socket);
    expect(backlog.octets).toBe(0);
  });
});
