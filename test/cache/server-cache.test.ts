import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import {
  DEAD_SCORE,
  MAX_TIMEOUT_MS,
  MIN_TIMEOUT_MS,
  SERVER_TTL,
  ServerCache,
  UNKNOWN_SCORE,
  UNKNOWN_TIMEOUT_MS,
} from '../../src/cache/server-cache.ts';
import { NOW } from './fixtures.ts';

const server = '192.0.2.53';
const other = '2001:db8::53';
const zone = parseName('example.org');

const filled = (fill: (cache: ServerCache) => void) => {
  const cache = new ServerCache();
  fill(cache);
  return cache;
};
const times = (count: number, act: () => void) => {
  for (let i = 0; i < count; i++) act();
};

describe('time to wait', () => {
  test.each([
    { title: 'unknown server', rtts: [], want: UNKNOWN_TIMEOUT_MS },
    { title: 'first response: three times its time (RFC 6298 §2.2)', rtts: [100], want: 300 },
    { title: 'second response (RFC 6298 §2.3)', rtts: [100, 180], want: 110 + 4 * 57.5 },
    { title: 'a server on the same machine', rtts: [0.2], want: MIN_TIMEOUT_MS },
    { title: 'a very slow server', rtts: [2_500], want: MAX_TIMEOUT_MS },
  ])('$title', ({ rtts, want }) => {
    const cache = filled((c) => {
      for (const rtt of rtts) c.recordResponse(server, rtt, NOW);
    });
    expect(cache.timeoutMs(server, NOW)).toBeCloseTo(want);
    expect(cache.timeoutMs(other, NOW)).toBe(UNKNOWN_TIMEOUT_MS);
  });

  test('steady responses bring it down to the time they take', () => {
    const cache = filled((c) => times(60, () => c.recordResponse(server, 100, NOW)));
    expect(cache.timeoutMs(server, NOW)).toBeCloseTo(100, 0);
  });

  test('it doubles with each timeout in a row, up to three seconds; a response ends that', () => {
    const cache = new ServerCache();
    const seen = [0, 1, 2, 3, 4, 5].map(() => {
      cache.recordTimeout(server, NOW);
      return cache.timeoutMs(server, NOW);
    });
    expect(seen).toEqual([800, 1600, 3000, 3000, 3000, 3000]);
    cache.recordResponse(server, 50, NOW);
    expect(cache.timeoutMs(server, NOW)).toBe(150);
  });

  test('thousands of timeouts do not overflow it', () => {
    expect(filled((c) => times(5_000, () => c.recordTimeout(server, NOW))).timeoutMs(server, NOW)).toBe(MAX_TIMEOUT_MS);
  });
});

describe('reachability', () => {
  test.each([
    {
      title: 'twelve questions that waited the same 50 ms',
      fill: (c: ServerCache) => {
        c.recordResponse(server, 1, NOW);
        times(12, () => c.recordTimeout(server, NOW, 50));
      },
      reachable: true,
    },
    {
      title: 'a near server silent for 50, 100 and 200 ms',
      fill: (c: ServerCache) => {
        c.recordResponse(server, 1, NOW);
        for (const waited of [50, 100, 200]) c.recordTimeout(server, NOW, waited);
      },
      reachable: true,
    },
    {
      title: 'a near server silent until a second was in vain',
      fill: (c: ServerCache) => {
        c.recordResponse(server, 1, NOW);
        for (const waited of [50, 100, 200, 400, 800, 1600]) c.recordTimeout(server, NOW, waited);
      },
      reachable: false,
    },
    { title: 'two timeouts', fill: (c: ServerCache) => times(2, () => c.recordTimeout(server, NOW)), reachable: true },
    { title: 'three timeouts', fill: (c: ServerCache) => times(3, () => c.recordTimeout(server, NOW)), reachable: false },
    {
      title: 'three timeouts with a response between',
      fill: (c: ServerCache) => {
        times(2, () => c.recordTimeout(server, NOW));
        c.recordResponse(server, 10, NOW);
        c.recordTimeout(server, NOW);
      },
      reachable: true,
    },
    { title: 'unreachable', fill: (c: ServerCache) => c.recordUnreachable(server, NOW), reachable: false },
    {
      title: 'unreachable, then a response',
      fill: (c: ServerCache) => {
        c.recordUnreachable(server, NOW);
        c.recordResponse(server, 10, NOW);
      },
      reachable: true,
    },
  ])('after $title: $reachable', ({ fill, reachable }) => {
    const cache = filled(fill);
    expect(cache.isReachable(server, NOW)).toBe(reachable);
    expect(cache.isReachable(other, NOW)).toBe(true);
  });

  test('a dead server is tried again after a minute, and one more timeout then is enough', () => {
    const cache = filled((c) => times(3, () => c.recordTimeout(server, NOW)));
    expect([cache.isReachable(server, NOW + 59), cache.isReachable(server, NOW + 60)]).toEqual([false, true]);
    cache.recordTimeout(server, NOW + 60);
    expect([cache.isReachable(server, NOW + 60), cache.isReachable(server, NOW + 120)]).toEqual([false, true]);
  });
});

describe('score', () => {
  test('near known servers come before unknown ones, those before far ones, and dead ones last', () => {
    const cache = filled((c) => {
      c.recordResponse('near', 10, NOW);
      c.recordResponse('far', 250, NOW);
      c.recordResponse('failing', 10, NOW);
      times(2, () => c.recordTimeout('failing', NOW));
      c.recordUnreachable('dead', NOW);
    });
    const order = ['dead', 'failing', 'far', 'near', 'unknown'].sort((a, b) => cache.score(a, NOW) - cache.score(b, NOW));
    expect(order).toEqual(['near', 'unknown', 'failing', 'far', 'dead']);
    expect([cache.score('unknown', NOW), cache.score('near', NOW), cache.score('dead', NOW)]).toEqual([UNKNOWN_SCORE, 10, DEAD_SCORE]);
  });

  test('what is known only by a note about EDNS has the score of an unknown server', () => {
    expect(filled((c) => c.recordEdns(server, 'works', NOW)).score(server, NOW)).toBe(UNKNOWN_SCORE);
  });
});

describe('EDNS', () => {
  test.each([
    { title: 'nothing noted', notes: [], want: 'unknown' },
    { title: 'works', notes: ['works'], want: 'works' },
    { title: 'plain', notes: ['plain'], want: 'plain' },
    { title: 'plain, then it works after all', notes: ['plain', 'works'], want: 'works' },
    { title: 'a FORMERR where it worked is not believed (CVE-2026-52690)', notes: ['works', 'plain'], want: 'works' },
  ] as const)('$title: $want', ({ notes, want }) => {
    const cache = filled((c) => {
      for (const support of notes) c.recordEdns(server, support, NOW);
    });
    expect(cache.edns(server, NOW)).toBe(want);
  });

  test.each(['works', 'plain'] as const)('%s is forgotten after a quarter of an hour, even of a server in use', (support) => {
    const cache = filled((c) => c.recordEdns(server, support, NOW));
    cache.recordResponse(server, 10, NOW + SERVER_TTL - 1);
    expect(cache.edns(server, NOW + SERVER_TTL - 1)).toBe(support);
    expect(cache.edns(server, NOW + SERVER_TTL)).toBe('unknown');
    expect(cache.recordEdns(server, 'plain', NOW + SERVER_TTL)).toBe(true);
  });
});

describe('letter case and lameness', () => {
  test('a mismatch is forgotten after a quarter of an hour', () => {
    const cache = filled((c) => c.recordCaseMismatch(server, NOW));
    cache.recordResponse(server, 10, NOW + SERVER_TTL - 1);
    expect([NOW + SERVER_TTL - 1, NOW + SERVER_TTL].map((now) => cache.caseKept(server, now))).toEqual([false, true]);
    expect(cache.caseKept(other, NOW)).toBe(true);
  });

  test('a server is lame for one zone, for a quarter of an hour', () => {
    const cache = filled((c) => c.recordLame(server, zone, NOW));
    cache.recordResponse(server, 10, NOW + 100);
    expect(cache.isLame(server, parseName('EXAMPLE.org'), NOW + 100)).toBe(true);
    expect(cache.isLame(server, zone, NOW + SERVER_TTL)).toBe(false);
    expect(cache.isLame(server, parseName('sub.example.org'), NOW)).toBe(false);
    expect(cache.isLame(other, zone, NOW)).toBe(false);
  });

  test('lame zones of one server are bounded, the latest stay', () => {
    const cache = filled((c) => {
      c.recordLame(server, zone, NOW);
      for (let i = 0; i < 64; i++) c.recordLame(server, parseName(`zone-${i}.example`), NOW);
    });
    expect(cache.isLame(server, zone, NOW)).toBe(false);
    expect(cache.isLame(server, parseName('zone-0.example'), NOW)).toBe(true);
  });
});

describe('memory', () => {
  test('a server not heard of for a quarter of an hour is unknown', () => {
    const cache = filled((c) => c.recordResponse(server, 500, NOW));
    expect(cache.timeoutMs(server, NOW + SERVER_TTL)).toBe(UNKNOWN_TIMEOUT_MS);
    expect(cache.score(server, NOW + SERVER_TTL)).toBe(UNKNOWN_SCORE);
  });

  test('a server in use stays known', () => {
    const cache = new ServerCache();
    for (let now = NOW; now < NOW + 3 * SERVER_TTL; now += SERVER_TTL / 2) cache.recordResponse(server, 500, now);
    expect(cache.score(server, NOW + 3 * SERVER_TTL)).toBe(500);
  });

  test('a clock set back makes it unknown, and does not prolong death', () => {
    const cache = filled((c) => c.recordUnreachable(server, NOW));
    expect(cache.isReachable(server, NOW - 3600)).toBe(true);
  });

  test('octets are bounded: servers lame for many long names push out the oldest', () => {
    const cache = new ServerCache({ maxOctets: 100_000 });
    const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.`;
    for (let server = 0; server < 100; server++) {
      for (let i = 0; i < 100; i++) cache.recordLame(`192.0.2.${server}`, parseName(`n${i}.${long}`), NOW);
      expect(cache.octets).toBeLessThanOrEqual(100_000);
    }
    expect(cache.octets).toBeGreaterThan(50_000);
    expect(cache.isLame('192.0.2.99', parseName(`n99.${long}`), NOW)).toBe(true);
    expect(cache.isLame('192.0.2.1', parseName(`n99.${long}`), NOW)).toBe(false);
  });

  test('servers are bounded in number, the latest stay', () => {
    const cache = new ServerCache({ maxServers: 100 });
    for (let i = 0; i < 1_000; i++) cache.recordResponse(`10.0.${i >> 8}.${i & 255}`, 10, NOW);
    expect(cache.size).toBe(100);
    expect(cache.score('10.0.3.231', NOW)).toBe(10);
    cache.clear();
    expect(cache.size).toBe(0);
  });
});
