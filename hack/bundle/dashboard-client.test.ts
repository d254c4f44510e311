import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleClient, type ClientBundle } from './dashboard-client.ts';

let client: ClientBundle;

beforeAll(async () => {
  client = await bundleClient();
}, 60_000);

describe('the pages of the dashboard', () => {
  it('are made of the client and its two libraries only', () => {
    const foreign = client.inputs.filter(
      (path) => !/^(?!\.\.)|node_modules\/(preact|uplot)\/|^\.\.\/api\//.test(path),
    );
    expect(client.inputs.length).toBeGreaterThan(20);
    expect(foreign).toEqual([]);
  });

  it('have at most 200 kB compressed', () => {
    const bytes = Object.values(client.files).map((text) => gzipSync(text).length);
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(200_000);
  });

  it('have no inline script or style, which the policy of the server would refuse', () => {
    expect(client.files['index.html']).not.toMatch(/<script(?![^>]* src=)|<style|\son[a-z]+=|\sstyle=/);
  });
});
