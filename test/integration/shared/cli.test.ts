import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { bundle } from '../../../hack/bundle/bundle.ts';
import { attempt } from '../../../hack/cluster/process/command.ts';
import { receivedMessagesOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, QUICK, quickAnalysis, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const program = join(access.dir, 'sluice.mjs');
const admin = createClient(access);

const ENVIRONMENT = { ...process.env, COLUMNS: '160', NO_COLOR: '1' };

/** Runs `sluice` to its end, and answers what it wrote with its exit code in front. */
type Sluice = (...args: readonly string[]) => Promise<string>;

const whereOf = ({ namespace }: Pick<Site, 'namespace'>, kubeconfig: string): string[] => [
  '--namespace',
  namespace,
  '--kubeconfig',
  kubeconfig,
];

/** `sluice` in the namespace of a site; as the administrator, unless another kubeconfig is given. */
function sluiceOn(site: Pick<Site, 'namespace'>, kubeconfig = access.kubeconfig): Sluice {
  return async (...args) => {
    const command = [program, ...args, ...whereOf(site, kubeconfig)];
    const options = { env: ENVIRONMENT, timeoutMs: 240_000 };
    const { code, stdout, stderr } = await attempt(process.execPath, command, options);
    return `${code}: ${stdout}${stderr}`;
  };
}

/** Starts `sluice`; answers what it has written so far, and at its end all of it with the exit code in front. */
function startSluice(
  site: Site,
  ...args: readonly string[]
): { soFar(): string; readonly ended: Promise<string> } {
  const command = [program, ...args, ...whereOf(site, access.kubeconfig)];
  const child = spawn(process.execPath, command, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = new Promise<string>((resolve) => child.once('close', (code) => resolve(`${code}: ${text}`)));
  return { soFar: () => text, ended };
}

/** A kubeconfig of somebody who may see releases in the namespace of a site, and has one ClusterRole more. */
async function somebody({ namespace }: Site, name: string, role: string): Promise<string> {
  const kubectl = admin.with('--namespace', namespace);
  await kubectl.ok(['create', 'serviceaccount', name]);
  for (const one of new Set(['sluice-view', role])) {
    const subject = `--serviceaccount=${namespace}:${name}`;
    await kubectl.ok(['create', 'rolebinding', `${name}-${one}`, `--clusterrole=${one}`, subject]);
  }
  const token = (await kubectl.ok(['create', 'token', name])).trim();
  const config = parse(await kubectl.ok(['config', 'view', '--raw'])) as { users: { user: object }[] };
  const users = config.users.map((one) => ({ ...one, user: { token } }));
  const file = join(access.dir, `${namespace}-${name}.kubeconfig`);
  await writeFile(file, stringify({ ...config, users }), { mode: 0o600 });
  return file;
}

/** The quick policy with a gate in its middle, so that no release runs away from a slow command. */
const GATED = { ...QUICK, 'sluice.dev/approval': '50' };
const PATIENCE = { within: 180_000 };

describe.concurrent('the command line', () => {
  beforeAll(async () => {
    await bundle('sluice', program);
  });
  it('shows a release from its first moment to its promotion, and answers a pipeline', async () => {
    await onSite(access, { annotations: GATED, rate: 80 }, async (site) => {
      const sluice = sluiceOn(site);
      await site.untilGated();
      expect(await sluice('get')).toMatch(/^0: NAME .*\nmodel +model +Idle/);
      expect(await sluice('status')).toContain(
        'the next change of the pod template is released step by step',
      );
      expect(await sluice('retry')).toMatch(/^1: .*nothing to try again/);
      await site.push('v2');
      // At once: the release has not begun yet.
      const watched = startSluice(site, 'status', '--watch');
      const waited = sluice('wait', '--for=promoted', '--timeout=4m', '--quiet');
      await until(
        'it shows the gate',
        () => watched.soFar().includes('waits for approval of "50"'),
        PATIENCE,
      );
      expect(await sluice('approve')).toMatch(/^0: gate "50" of Release model-s\w+ is approved by /);
      const shown = await watched.ended;
      expect(shown).toMatch(/^0: /);
      expect(shown).toMatch(/Stepping \(Analysing\) {2}at 1\/2 \(25 %\) {2}25 %/);
      expect(shown).toMatch(/Promoted {2}at promotion {2}100 %/);
      expect(shown).toContain('Change      server: sluice.dev/model-server:v1 → v2, 1 other field');
      expect(await waited).toMatch(/^0: Release model-s\w+: Promoted: /);
      expect(await sluice('diff')).toContain('spec.containers[server].env[VERSION].value\n  - v1\n  + v2');
      expect(await sluice('history')).toMatch(/model-s\w+ .* Promoted +promotion/);
      expect(await sluice('explain')).toContain('Transitions');
      expect(await sluice('abort')).toMatch(/^1: .*ended .* ago .*: there is nothing to abort/);
      expect(await sluice('status', '--output', 'json')).toContain('"kind": "ReleaseView"');
      expect(await sluice('status', '--output', 'name')).toMatch(/^0: release\.sluice\.dev\/model-s\w+\n$/);
      expect(await sluice('wait', '--timeout=1m')).toMatch(/^0: .*Promoted/);
      await site.untilGated();
    });
  });

  it('lets those act who may, says who did it, and refuses the others with who can help', async () => {
    await onSite(access, { rate: 80 }, async (site) => {
      await site.api.create(quickRollout('policy', { approval: { at: ['start', 'promotion'] } }));
      await site.untilGated('policy');
      const [viewer, editor, approver] = await Promise.all([
        somebody(site, 'viewer', 'sluice-view'),
        somebody(site, 'editor', 'sluice-edit'),
        somebody(site, 'approver', 'sluice-approve'),
      ]);
      const [asViewer, asEditor, asApprover] = [viewer, editor, approver].map((file) => sluiceOn(site, file));
      const sluice = sluiceOn(site);
      const v2 = await site.push('v2');
      expect(await sluice('wait', '--for=approval', '--timeout=1m', '--quiet')).toContain(
        'waits for approval of "start"',
      );

      expect(await asViewer?.('status')).toContain('a person must approve "start"');
      expect(await asViewer?.('approve')).toMatch(/^5: .*cannot patch.*\n.*--clusterrole=sluice-edit/);
      expect(await asEditor?.('approve')).toMatch(/^5: .*may not approve.*\n.*--clusterrole=sluice-approve/);
      expect(await sluice('approve', '--gate', '40')).toMatch(
        /^2: .*has no gate "40"\n +its gates are start, promotion/,
      );
      const yes = await asApprover?.('approve', `deployment/${MODEL}`, '--reason', 'looks good');
      expect(yes).toContain(`gate "start" of Release`);
      expect(yes).toContain(`is approved by system:serviceaccount:${site.namespace}:approver`);

      await site.untilIn(v2, 'Stepping', 'Analysing');
      expect(await asEditor?.('pause')).toMatch(/^0: .*stays at \d+ %/);
      expect(await asEditor?.('pause')).toMatch(/^0: .*is paused already/);
      expect(await asEditor?.('skip')).toMatch(/^5: .*may not skip steps of/);
      expect(await asEditor?.('resume')).toMatch(/^0: .*continues/);
      await until(
        'it waits for the promotion',
        async () => (await sluice('get')).includes('waits for approval of "promotion"'),
        PATIENCE,
      );
      const no = await asEditor?.('reject', '--reason', 'the wrong model');
      expect(no).toMatch(/^0: gate "promotion" .* is rejected by system:serviceaccount:site-\w+:editor/);
      expect(await sluice('wait', '--timeout=1m', '--quiet')).toMatch(/^1: .*Aborted: .*the wrong model/);
      const { spec, status } = await site.untilEnded(v2);
      expect(spec.approvals).toMatchObject([
        { gate: 'start', by: `system:serviceaccount:${site.namespace}:approver`, reason: 'looks good' },
      ]);
      expect(status?.reason).toBe('Rejected');
    });
  });

  it('aborts, tries again, and promotes in full where nothing fails', async () => {
    await onSite(access, { annotations: GATED, rate: 80 }, async (site) => {
      const sluice = sluiceOn(site);
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping');
      expect(await sluice('wait', '--timeout=1ms')).toMatch(/^3: .*waited 1ms for/s);
      expect(await sluice('retry')).toMatch(/^1: .*is under way/);
      expect(await sluice('abort', '--reason', 'a bad feeling')).toMatch(/^0: .*is being rolled back, by /);
      expect(await sluice('wait', '--timeout=2m', '--quiet')).toMatch(/^1: .*Aborted: .*a bad feeling/);
      expect(await sluice('abort')).toMatch(/^1: .*ended .* ago/);
      expect(await sluice('retry')).toMatch(/^0: revision \w+ is tried again/);
      const wait = await sluice('wait', '--for=approval', '--timeout=2m', '--quiet');
      expect(wait).toMatch(/^0: Release model-s\w+x2 waits for approval of "50"/);
      expect(await sluice('promote', '--full')).toMatch(/^2: .*there is no terminal\n +add --yes/);
      expect(await sluice('promote', '--full', '--yes', '--reason', 'the old one crashes')).toMatch(
        /^0: Release model-s\w+x2 is promoted in full by \S+; a failing verdict still rolls it back/,
      );
      expect(await sluice('wait', '--timeout=2m', '--quiet')).toMatch(/^0: .*Promoted/);
    });
  });

  it('skips a step and promotes in full, and tells who did it, though another name is sent', async () => {
    await onSite(access, { rate: 40 }, async (site) => {
      const slow = { ...quickAnalysis(), minRequests: 1_000_000 };
      const steps = [{ weight: 10 }, { weight: 25 }, { weight: 50 }];
      await site.api.create(quickRollout('policy', { steps, analysis: slow }));
      await site.untilGated('policy');
      const [asEditor, asApprover] = (
        await Promise.all([
          somebody(site, 'editor', 'sluice-edit'),
          somebody(site, 'approver', 'sluice-approve'),
        ])
      ).map((file) => sluiceOn(site, file));
      const who = `system:serviceaccount:${site.namespace}:approver`;
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      expect(await asEditor?.('skip')).toMatch(/^5: .*may not skip steps of releases/);
      expect(await asEditor?.('promote', '--full', '--yes')).toMatch(/^5: .*may not promote releases/);
      expect(await asApprover?.('skip', '--reason', 'measured by hand')).toMatch(
        new RegExp(`^0: step 1/3 \\(10 %\\) of Release .* is skipped by ${who}; next is 25 %`),
      );
      const { metadata } = await until('it is at the next step', async () => {
        const release = await site.releaseOf(v2);
        const { step, stage } = release?.status ?? {};
        return step === 1 && stage === 'Analysing' ? release : null;
      });
      const place = ['--namespace', site.namespace, `--as=${who}`];
      const forged = JSON.stringify({ spec: { promote: { by: 'the boss', reason: 'the old one crashes' } } });
      await site.act(v2, { paused: true });
      await admin.ok(['patch', 'release', metadata.name, '--type=merge', '--patch', forged, ...place]);
      // It is paused, so that this comes before its end on any machine.
      expect(await asApprover?.('promote', '--full')).toMatch(/^0: .*is being promoted in full already, by /);
      await site.act(v2, { paused: false });
      const { spec, status } = await site.untilEnded(v2);
      expect(spec.skips).toEqual([{ step: 0, reason: 'measured by hand', by: who }]);
      expect(spec.promote).toEqual({ reason: 'the old one crashes', by: who });
      expect(status).toMatchObject({
        phase: 'Promoted',
        message: `promoted in full by ${who}, and the update is complete`,
        skips: [{ step: 0, who, via: 'kubernetes', reason: 'measured by hand' }],
        promote: { who, via: 'kubernetes', reason: 'the old one crashes' },
      });
      expect(status?.trail?.filter(({ phase }) => phase === 'Stepping.Shifting')).toHaveLength(2);
      const story = await admin.ok(['describe', 'release', metadata.name, '--namespace', site.namespace]);
      for (const text of [
        `step 1/3 (10 %) skipped by ${who} through kubernetes: measured by hand`,
        `full promotion by ${who} through kubernetes: the old one crashes`,
      ])
        expect(story).toContain(text);
      await until('the events are there', async () => {
        const told = (await receivedMessagesOf(site.api, 'Release', metadata.name)).map(
          ({ reason }) => reason,
        );
        expect(told).toEqual(expect.arrayContaining(['StepSkipped', 'FullPromotion']));
        // A good end is reported on the Deployment, where people who push look.
        const ended = (await receivedMessagesOf(site.api, 'Deployment', MODEL)).find(
          ({ reason }) => reason === 'Promoted',
        );
        expect(ended?.note).toContain(`promoted in full by ${who}`);
        return true;
      });
      const sluice = sluiceOn(site);
      expect(await sluice('history', '--output', 'wide')).toContain(
        `step 1 skipped by ${who}, promoted in full`,
      );
      expect(await sluice('status')).toContain('Steps       » 10 %  ✓ 25 %  » 50 %  ✓ promotion');
    });
  });

  it('writes a Rollout for what it finds, which gates as it is', async () => {
    await onSite(access, { rate: 20 }, async (site) => {
      const sluice = sluiceOn(site);
      const file = join(access.dir, `${site.namespace}.yaml`);
      const init = ['init', MODEL, '--direct', '--prometheus-url', access.prometheusUrl] as const;
      await until('Prometheus has scraped these pods', async () =>
        (await sluice(...init)).includes('template http-generic: fits'),
      );
      const found = await sluice(...init, '--file', file);
      expect(found).toMatch(/^0: Service model, VirtualService model\n/);
      expect(found).toContain('template http-generic: fits');
      expect(found.match(/: fits$/gm)).toHaveLength(1);
      expect(await readFile(file, 'utf8')).toContain('name: http-generic');
      expect(await sluice('init', MODEL, '--file', file)).toMatch(/^2: .*is there already/s);
      expect(await sluice('init', 'modle')).toMatch(/^5: .*no Deployment modle.*\n +there are model/);
      await admin.ok(['apply', '--filename', file]);
      await site.untilGated();
    });
  });

  it('says what is amiss with a cluster, and what is not', async () => {
    const healthy = await sluiceOn({ namespace: 'default' })(
      'doctor',
      '--prometheus-url',
      access.prometheusUrl,
    );
    expect(healthy).toMatch(/^0: ✓ Kubernetes +1\./);
    expect(healthy).toContain('shared leads');
    expect(healthy).toMatch(
      /✓ Controller’s rights +system:serviceaccount:sluice-system:sluice may do all of/,
    );
    expect(healthy).not.toContain('✗');
    const elsewhere = await sluiceOn({ namespace: 'default' })('doctor', '--controller-namespace', 'nowhere');
    expect(elsewhere).toMatch(
      /^1: .*✗ .*no controller holds the Lease.*system:serviceaccount:nowhere:sluice may not:/s,
    );
  });

  it('explains a cluster that does not answer, and names that are none', async () => {
    const sluice = sluiceOn({ namespace: 'default' });
    expect(await sluice('status', 'nothing')).toMatch(/^5: .*no Rollout nothing in namespace default/);
    expect(await sluice('get', '--context', 'nowhere')).toMatch(
      /^2: .*no cluster for context nowhere: set the context to one of/,
    );
    const file = join(access.dir, 'away.kubeconfig');
    const config = await admin.ok(['config', 'view', '--raw']);
    await writeFile(file, config.replaceAll(/server: .*/g, 'server: https://127.0.0.1:1'));
    const away = sluiceOn({ namespace: 'default' }, file);
    expect(await away('get')).toMatch(
      /^5: .*https:\/\/127\.0\.0\.1:1 does not answer.*\n.*kubectl config get-contexts/,
    );
  });
});
