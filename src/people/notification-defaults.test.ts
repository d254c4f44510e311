import { describe, expect, it } from 'vitest';
import { createDefaults } from './notification-defaults.ts';

function play(text: string | null) {
  const warned: object[] = [];
  let [reads, now] = [0, 0];
  const defaults = createDefaults({
    readValue: async () => {
      reads += 1;
      return text;
    },
    clock: { now: () => now },
    log: { debug: () => {}, info: () => {}, error: () => {}, warn: (fields) => void warned.push(fields) },
  });
  return { defaults, warned, reads: () => reads, wait: (ms: number) => (now += ms) };
}

const GOOD = `
- name: team
  slack: {channel: "#ml"}
- name: pager
  severity: critical
  webhook: {url: "https://pager.example/", secret: {key: pager}}
`;

describe('the default of a namespace', () => {
  it('is the list in its ConfigMap, with what is left out filled in', async () => {
    const { defaults } = play(GOOD);
    expect(await defaults('shop')).toMatchObject([
      { name: 'team', severity: 'info', slack: { channel: '#ml' } },
      {
        name: 'pager',
        severity: 'critical',
        webhook: { secret: { name: 'sluice-notifications', key: 'pager' } },
      },
    ]);
  });

  it.each([null, '', '[]'])('is nobody where it says %j', async (text) => {
    const { defaults, warned } = play(text);
    expect(await defaults('shop')).toEqual([]);
    expect(warned).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    ['no YAML', '- {name: [', /./],
    ['no list', 'name: team', /array/],
    [
      'two receivers in one',
      '- {name: a, slack: {channel: "#a"}, teams: {url: {key: t}}}',
      /exactly one receiver/,
    ],
    ['a channel without #', '- {name: a, slack: {channel: ml}}', /must be a channel/],
    [
      'an address without @',
      '- {name: a, email: {to: [x], from: a@b.c, host: h}}',
      /must be an e-mail address/,
    ],
    ['a user in a URL', '- {name: a, webhook: {url: "https://u:p@h/", secret: {key: k}}}', /must be a URL/],
  ])('with %s is nobody, and the log says what is wrong', async (_case, text, problem) => {
    const { defaults, warned } = play(text);
    expect(await defaults('shop')).toEqual([]);
    expect(warned).toMatchObject([
      { configMap: 'shop/sluice-notifications', problem: expect.stringMatching(problem) },
    ]);
  });

  it('is read again after a minute', async () => {
    const { defaults, reads, wait } = play(GOOD);
    await defaults('shop');
    await defaults('shop');
    expect(reads()).toBe(1);
    wait(60_000);
    await defaults('shop');
    expect(reads()).toBe(2);
  });

  it('is read once for all who ask at once', async () => {
    const { defaults, reads } = play(GOOD);
    const [first, second] = await Promise.all([defaults('shop'), defaults('shop'), defaults('else')]);
    expect([second === first, reads()]).toEqual([true, 2]);
  });

  it('is known for some minutes after it was read, and not before', async () => {
    const { defaults, wait } = play(null);
    expect(defaults.known('shop')).toBeUndefined();
    await defaults('shop');
    expect(defaults.known('shop')).toEqual([]);
    wait(299_000);
    expect(defaults.known('shop')).toEqual([]);
    wait(1_000);
    expect(defaults.known('shop')).toBeUndefined();
  });
});
