import { describe, expect, test } from 'vitest';
import { HttpError } from '../../src/http/errors.ts';
import { createProbeGate } from '../../src/http/probe-gate.ts';

const TOKEN = 'correct.horse.battery.staple';

/** What was thrown, in short. */
function thrown(act: () => void): readonly unknown[] | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return error.retryAfter === undefined ? [error.statusCode, error.error] : [error.statusCode, error.error, error.retryAfter];
  }
}

function gateWith({ token = TOKEN as string | undefined, perMinute = 2 } = {}) {
  let nowMs = 1_000;
  const gate = createProbeGate({ token, ports: [25, 587], perMinute, clockMs: () => nowMs });
  const wait = (ms: number) => {
    nowMs += ms;
  };
  return { gate, wait };
}

describe('who may', () => {
  test.each<{ authorization: string | undefined; port?: number; want: readonly unknown[] | undefined }>([
    { authorization: `Bearer ${TOKEN}`, want: undefined },
    { authorization: `BEARER  ${TOKEN}`, want: undefined },
    { authorization: `Bearer ${TOKEN}`, port: 587, want: undefined },
    { authorization: `Bearer ${TOKEN}`, port: 26, want: [403, 'port-not-allowed'] },
    { authorization: undefined, want: [401, 'token-required'] },
    { authorization: '', want: [401, 'token-required'] },
    { authorization: TOKEN, want: [401, 'token-required'] },
    { authorization: 'Bearer ', want: [401, 'token-required'] },
    { authorization: `Bearer ${TOKEN.slice(0, -1)}`, want: [401, 'token-required'] },
    { authorization: `Bearer ${TOKEN.toUpperCase()}`, want: [401, 'token-required'] },
    { authorization: `Bearer ${'a'.repeat(100_000)}`, want: [401, 'token-required'] },
    // Whether a port is open to probes is told to nobody without the token.
    { authorization: undefined, port: 26, want: [401, 'token-required'] },
  ])('$authorization, port $port: $want', ({ authorization, port = 25, want }) => {
    expect(thrown(() => gateWith().gate.authorise(authorization, port))).toEqual(want);
  });
  test('nobody where there is no token', () => {
    const gate = createProbeGate({ token: undefined, ports: [25], perMinute: 1, clockMs: () => 0 });
    for (const authorization of [undefined, 'Bearer undefined', 'Bearer '])
      expect(thrown(() => gate.authorise(authorization, 25))).toEqual([403, 'probe-disabled']);
  });
});

describe('how often', () => {
  test('a minute has so many, and they come back evenly', () => {
    const { gate, wait } = gateWith({ perMinute: 2 });
    const spend = () => thrown(() => gate.spend());
    expect([spend(), spend(), spend()]).toEqual([undefined, undefined, [429, 'too-many-probes', 30]]);
    wait(20_000);
    expect(spend()).toEqual([429, 'too-many-probes', 10]);
    wait(10_000);
    expect([spend(), spend()]).toEqual([undefined, [429, 'too-many-probes', 30]]);
  });
  test('what is saved up is a minute’s worth and no more', () => {
    const { gate, wait } = gateWith({ perMinute: 3 });
    wait(3_600_000);
    expect(Array.from({ length: 4 }, () => thrown(() => gate.spend()) === undefined)).toEqual([true, true, true, false]);
  });
});
