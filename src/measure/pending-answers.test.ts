import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/meta.ts';
import { createPendingAnswers } from './pending-answers.ts';

const refuse = (): Promise<string> => Promise.reject(new Error('no'));

/** An answer that comes on command, a budget that ends at the next turn, and a wait for others that ends on command. */
function scene() {
  const waits: (() => void)[] = [];
  const soon = createPendingAnswers<string>(
    (ms) =>
      new Promise((resolve) => {
        if (ms > 1_000) waits.push(resolve);
        else setImmediate(resolve);
      }),
  );
  const asked: (PromiseWithResolvers<string> & { signal: AbortSignal })[] = [];
  const start = (signal: AbortSignal): Promise<string> => {
    const question = { ...Promise.withResolvers<string>(), signal };
    asked.push(question);
    return question.promise;
  };
  const wait = async (): Promise<void> => {
    for (const resolve of waits.splice(0)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { soon, asked, start, wait };
}

const objectOf = (uid: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: uid, uid },
});

describe('createSoon', () => {
  const about = objectOf('a');

  it('gives an answer that comes in time', async () => {
    const { soon } = scene();
    expect(await soon.ask(about, 'a', () => Promise.resolve('yes'), 10)).toBe('yes');
  });

  it('continues without an answer, and finds it later, asked once', async () => {
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

  it('asks again for another key, and for another object', async () => {
    const { soon, asked, start } = scene();
    await soon.ask(about, 'a', start, 10);
    await soon.ask(about, 'b', start, 10);
    await soon.ask(objectOf('a'), 'b', start, 10);
    await soon.ask(objectOf('b'), 'b', start, 10);
    expect(asked).toHaveLength(4);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, true, false, false]);
  });

  it('drops a question that nobody comes back for', async () => {
    const { soon, asked, start, wait } = scene();
    await soon.ask(about, 'a', start, 10);
    await soon.ask(about, 'a', start, 10);
    await wait();
    expect(asked[0]?.signal.aborted).toBe(false);
    await soon.ask(about, 'a', start, 10);
    await wait();
    expect(asked[0]?.signal.aborted).toBe(false);
    await wait();
    expect(asked[0]?.signal.aborted).toBe(true);
    await soon.ask(about, 'a', start, 10);
    expect(asked).toHaveLength(2);
  });
});
