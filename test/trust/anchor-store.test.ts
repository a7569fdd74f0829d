import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { AnchorStore, type Disk, MAX_STATE_OCTETS, realDisk } from '../../src/trust/anchor-store.ts';
import { keyStates, MAX_KEY_OCTETS } from '../../src/trust/rfc5011.ts';
import { formatState, MAX_STORED_POINTS, parseState, StateError, type StoredPoint } from '../../src/trust/state-text.ts';
import { makeKey } from '../vectors/signed-zone.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zeker-trust-'));
  file = join(folder, 'trust.state');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rdata = new Uint8Array(makeKey({ algorithm: 13 }).rdata);
/** A state that is known by its number. */
const state = (number: number): StoredPoint[] => [
  {
    zone: parseName('.'),
    clock: number,
    refreshed: number === 0 ? undefined : number,
    keys: keyStates.map((name) => ({ rdata, state: name, since: 7, lastSeen: undefined, holdDownEnds: 9, origin: 'learned' })),
  },
];
const numberIn = (store: AnchorStore) => store.load().points[0]?.clock;

describe('what is saved is what is loaded', () => {
  test('all of it', () => {
    const store = new AnchorStore(file);
    expect(store.load()).toEqual({ points: [], from: 'none', faults: [] });
    store.save(state(0));
    expect(new AnchorStore(file).load()).toEqual({ points: state(0), from: 'file', faults: [] });
    store.save(state(2));
    expect(new AnchorStore(file).load()).toEqual({ points: state(2), from: 'file', faults: [] });
    expect(parseState(readFileSync(store.previous, 'utf8'))).toEqual(state(0));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  test('the most that there may be is less than what is read', () => {
    const key = { ...state(1)[0]?.keys[0], rdata: new Uint8Array(MAX_KEY_OCTETS).fill(1) } as StoredPoint['keys'][number];
    const points = Array.from({ length: MAX_STORED_POINTS }, () => ({ ...(state(1)[0] as StoredPoint), keys: Array(16).fill(key) }));
    expect(formatState(points).length).toBeLessThan(MAX_STATE_OCTETS);
  });
});

describe('a file that is no state: the one before it counts, and what is wrong is told', () => {
  const good = formatState(state(5));
  test.each<[string, string | Buffer, RegExp]>([
    ['empty', '', /no JSON/],
    ['cut off', good.slice(0, -40), /no JSON/],
    ['one digit altered', good.replace('"clock": 5', '"clock": 6'), /digest is wrong/],
    ['of another version', good.replace('"version": 1', '"version": 2'), /version is 2/],
    ['of another kind', '{"format":"x"}', /no zeker-trust-state/],
    ['an array', '[]', /no object/],
    ['octets', Buffer.alloc(1000, 0xff), /no JSON/],
    ['too large', Buffer.alloc(MAX_STATE_OCTETS + 1, 0x20), /octets, over/],
  ])('%s', (_title, text, says) => {
    const store = new AnchorStore(file);
    store.save(state(1));
    store.save(state(2));
    writeFileSync(file, text);
    const { points, from, faults } = store.load();
    expect({ points, from }).toEqual({ points: state(1), from: 'previous' });
    expect(faults[0]).toMatch(says);
    // What is broken does not take the place of the good copy.
    store.save(state(3));
    expect(numberIn(store)).toBe(3);
    expect(parseState(readFileSync(store.previous, 'utf8'))).toEqual(state(1));
  });

  test.each([
    ['writable by others', () => chmodSync(file, 0o622), /others than its owner may write/],
    ['a symbolic link', () => link(), /symbolic link/],
  ])('%s', (_title, change, says) => {
    const store = new AnchorStore(file);
    store.save(state(1));
    store.save(state(2));
    change();
    expect(store.load()).toMatchObject({ points: state(1), from: 'previous', faults: [expect.stringMatching(says)] });
  });

  test('both broken: nothing is believed', () => {
    const store = new AnchorStore(file);
    store.save(state(1));
    store.save(state(2));
    writeFileSync(file, 'x');
    writeFileSync(store.previous, 'y');
    expect(store.load()).toMatchObject({
      points: [],
      from: 'none',
      faults: [/no JSON/, /no JSON/].map((says) => expect.stringMatching(says)),
    });
  });

  const link = () => {
    writeFileSync(join(folder, 'elsewhere'), formatState(state(9)));
    rmSync(file);
    symlinkSync(join(folder, 'elsewhere'), file);
  };

  test('no link is written through, neither of the file nor of the new one', () => {
    const store = new AnchorStore(file);
    store.save(state(1));
    link();
    const before = readFileSync(join(folder, 'elsewhere'), 'utf8');
    expect(() => store.save(state(2))).toThrow(StateError);
    rmSync(file);
    symlinkSync(join(folder, 'elsewhere'), `${file}.new`);
    store.save(state(2));
    expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe(before);
    expect(lstatSync(file).isFile()).toBe(true);
  });
});

describe('a disk that is full loses nothing', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const fail = () => {
    throw full;
  };
  test.each<[string, Partial<Disk>]>([
    ['nothing can be written', { write: fail }],
    ['half of it can', { write: (descriptor, octets, at) => (at === 0 ? realDisk.write(descriptor, octets.subarray(0, 99), 0) : fail()) }],
    ['it cannot be flushed', { flush: fail }],
    ['it cannot be renamed', { rename: fail }],
  ])('%s', (_title, broken) => {
    const disk = { ...realDisk };
    const store = new AnchorStore(file, {
      write: (...a) => disk.write(...a),
      flush: (...a) => disk.flush(...a),
      rename: (...a) => disk.rename(...a),
    });
    store.save(state(1));
    store.save(state(2));
    Object.assign(disk, broken);
    expect(() => store.save(state(3))).toThrow('ENOSPC');
    expect(new AnchorStore(file).load()).toEqual({ points: state(2), from: 'file', faults: [] });
    expect(existsSync(`${file}.new`)).toBe(false);
    Object.assign(disk, realDisk);
    store.save(state(4));
    expect(numberIn(store)).toBe(4);
  });

  test('writes that take a few octets at a time are completed', () => {
    const store = new AnchorStore(file, {
      ...realDisk,
      write: (descriptor, octets, at) => realDisk.write(descriptor, octets.subarray(0, at + 7), at),
    });
    store.save(state(1));
    expect(store.load()).toMatchObject({ from: 'file' });
  });
});
