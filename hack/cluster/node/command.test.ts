import { describe, expect, it } from 'vitest';
import { commandOf } from './command.ts';

const summary = (image: string, command?: string[], args?: string[]) => {
  const found = commandOf({ name: 'c', image, ...(command && { command }), ...(args && { args }) });
  return found && [found.program.split('/').at(-1), ...found.args.filter((arg) => !arg.startsWith('--max'))];
};

describe('commandOf', () => {
  it.each([
    [
      'sluice.dev/model-server:v1',
      undefined,
      undefined,
      ['node', expect.stringMatching(/hack\/model-server\/main\.ts$/)],
    ],
    ['sluice.dev/model-server', undefined, ['x'], ['node', expect.stringMatching(/main\.ts$/), 'x']],
    ['sluice.dev/model-server-2:v1', undefined, undefined, null],
    ['istio/proxyv2:1', undefined, undefined, null],
    ['any', ['node', 'a.ts'], ['b'], ['node', 'a.ts', 'b']],
    ['any', ['/bin/sh', '-c', 'true'], undefined, ['sh', '-c', 'true']],
    ['any', ['/usr/bin/sleep'], ['5'], ['sleep', '5']],
    ['any', ['tritonserver'], undefined, null],
    ['any', undefined, ['node', 'x'], null],
  ])('%s %j %j', (image, command, args, expected) => {
    expect(summary(image, command, args)).toEqual(expected);
  });
});
