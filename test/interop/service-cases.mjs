// How zeker behaves as a server: flags, sizes and refusals seen by dig, and its verdict over HTTP.
import { get } from 'node:http';
import { dig } from './clients.mjs';
import { resolvers, zekerHttp } from './topology.mjs';

const expectation = (title, options, [owner, type], judge) => ({
  title: `dig ${options.join(' ')} ${owner} ${type}: ${title}`,
  run: async () => {
    const got = await dig(resolvers.zeker, owner, type, options);
    if (got === undefined) return ['no answer'];
    return judge(got) ? [] : [JSON.stringify(got)];
  },
});

const www = ['www.rsa256.alpha.', 'A'];
const big = ['big.rsa256.alpha.', 'TXT'];

export const serviceCases = [
  expectation('AD asks for AD (RFC 6840 §5.7)', ['+adflag', '+noedns'], www, ({ rcode, ad }) => rcode === 'NOERROR' && ad),
  expectation(
    'no OPT, no AD flag, no AD',
    ['+noadflag', '+noedns'],
    www,
    ({ rcode, ad, answer }) => rcode === 'NOERROR' && !ad && answer.length === 1,
  ),
  expectation('RA is set', [], www, ({ flags }) => flags.includes('ra') && flags.includes('rd') && !flags.includes('aa')),
  expectation(
    'RD=0 is refused, EDE 20',
    ['+norec'],
    www,
    ({ rcode, ede, answer }) => rcode === 'REFUSED' && ede.includes(20) && answer.length === 0,
  ),
  expectation('CD is copied (RFC 4035 §3.2.2)', ['+cd'], www, ({ flags }) => flags.includes('cd')),
  expectation('TC over UDP, and nothing after it', ['+ignore', '+bufsize=512'], big, ({ tc, rcode }) => tc && rcode === 'NOERROR'),
  expectation('TC over UDP without EDNS', ['+ignore', '+noedns'], big, ({ tc }) => tc),
  expectation('TC at 1232 octets whatever the client can take (RFC 9715)', ['+ignore', '+bufsize=4096'], big, ({ tc }) => tc),
  expectation('dig asks again over TCP', ['+bufsize=512'], big, ({ tc, answer }) => !tc && answer.length === 12),
  expectation(
    'EDNS version 1: BADVERS (RFC 6891 §6.1.3)',
    ['+edns=1', '+noednsnegotiation'],
    www,
    ({ rcode, answer }) => rcode === 'BADVERS' && answer.length === 0,
  ),
  expectation(
    'an unknown EDNS option is ignored',
    ['+ednsopt=65001:c0ffee'],
    www,
    ({ rcode, answer }) => rcode === 'NOERROR' && answer.length === 1,
  ),
  expectation('NOTIFY is not implemented', ['+opcode=NOTIFY'], www, ({ rcode }) => rcode === 'NOTIMP'),
  expectation('UPDATE is not implemented', ['+opcode=UPDATE'], www, ({ rcode }) => rcode === 'NOTIMP'),
  expectation(
    'ANY is answered (RFC 8482)',
    ['+dnssec', '+tcp'],
    ['www.rsa256.alpha.', 'ANY'],
    ({ rcode, answer }) => rcode === 'NOERROR' && answer.length > 0,
  ),
  expectation('RRSIG as a type', ['+dnssec'], ['www.rsa256.alpha.', 'RRSIG'], ({ rcode }) => rcode === 'NOERROR'),
  expectation(
    'letters of the question come back as sent',
    [],
    ['wWw.RsA256.aLpHa.', 'A'],
    ({ rcode, answer }) => rcode === 'NOERROR' && answer.length === 1,
  ),
  expectation('a loop of aliases', ['+dnssec'], ['loop.alias.alpha.', 'A'], ({ ad, answer }) => !ad || answer.length === 2),
];

/** One pause of a zone's only server is no outage: a dozen questions wait for it, and each gets its answer. */
export async function judgePause(server, ms) {
  const names = Array.from({ length: 12 }, (_, index) => `pause-${ms}-${index}.wild.rsa512.alpha.`);
  const [answers] = await Promise.all([Promise.all(names.map((name) => dig(resolvers.zeker, name, 'A', ['+dnssec']))), server.pause(ms)]);
  return answers.filter((got) => got?.rcode !== 'NOERROR' || !got.ad).map((got) => `${got?.rcode} EDE [${got?.ede}]`);
}

/** The verdict that `/resolve` gives beside the answer. Not by fetch, which takes the root's `.` out of a path. */
export async function judgeResolve({ owner, type, state }) {
  const { status, body } = await getOverHttp(`/resolve/${encodeURIComponent(owner)}/${type}`);
  const validation = JSON.parse(body).validation;
  return validation?.state === state ? [] : [`${status} ${body.slice(0, 300)}, not ${state}`];
}

function getOverHttp(path) {
  const [host, port] = zekerHttp.split(':');
  return new Promise((resolve, reject) => {
    const onResponse = (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, body })).on('error', reject);
    };
    get({ host, port, path, timeout: 15_000 }, onResponse).on('error', reject);
  });
}
