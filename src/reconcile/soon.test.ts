import { describe, expect, it } from 'vitest';
import { createSoon } from './soon.ts';

const refuse = (): Promise<string> => Promise.reject(new Error('no'));

/** An answer that comes when told, and a patience that is over at the next turn. */
function scene() {
  const soon = createSoon<string>(() => new Promise((resolve) => setImmediate(resolve)));
  const asked: PromiseWithResolvers<string>[] = [];
  const start = (): Promise<string> => {
    const question = Promise.withResolvers<string>();
    asked.push(question);
    return question.promise;
  };
  return { soon, asked, start };
}

describe('createSoon', () => {
  const about = {};

  it('gives an answer that comes in time', async () => {
    const { soon } = scene();
    expect(await soon.ask(about, 'a', () => Promise.resolve('yes'), 10)).toBe('yes');
  });

  it('goes on without one that does not, and finds it later, asked once', async () => {
    const { soon, asked, start } = scene();
    expect(await soon.ask(about, 'a', start, 10)).toBeNull();
    expect(await soon.ask(about, 'a', start, 10)).toBeNull();
    asked[0]?.resolve('late');
    expect(await soon.ask(about, 'a', start, 10)).toBe('late');
    expect(asked).toHaveLength(1);
  });

  it('gives an answer once', async () => {
    const { soon, asked, start } = scene();
    await soon.ask(about, 'a', () => Promise.resolve('first'), 10);
    await soon.ask(about, 'a', start, 10);
    expect(asked).toHaveLength(1);
  });

  it('rejects once, be it late, and then asks again', async () => {
    const { soon, asked, start } = scene();
    await expect(soon.ask(about, 'a', refuse, 10)).rejects.toThrow('no');
    expect(await soon.ask(about, 'a', start, 10)).toBeNull();
    asked[0]?.reject(new Error('late'));
    await expect(soon.ask(about, 'a', start, 10)).rejects.toThrow('late');
    expect(await soon.ask(about, 'a', () => Promise.resolve('yes'), 10)).toBe('yes');
  });

  it('asks anew for another key, and for another object', async () => {
    const { soon, asked, start } = scene();
    await soon.ask(about, 'a', start, 10);
    await soon.ask(about, 'b', start, 10);
    await soon.ask({}, 'b', start, 10);
    expect(asked).toHaveLength(3);
  });
});
