/** The `package.json` of the npm package: a program in one file, with nothing to install beside it. */
export function npmManifest(root: {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: { readonly node: string };
}): object {
  const { version, description, license, engines } = root;
  return {
    name: 'sluice',
    version,
    description,
    license,
    type: 'module',
    keywords: ['kubernetes', 'progressive-delivery', 'canary', 'kubectl-plugin', 'istio', 'gateway-api'],
    bin: { sluice: 'sluice.mjs', 'kubectl-sluice': 'sluice.mjs' },
    files: ['sluice.mjs', 'completion'],
    engines,
  };
}

/** Shells, and the file of each in the packages. */
export const COMPLETIONS = { bash: 'sluice.bash', zsh: '_sluice', fish: 'sluice.fish' } as const;

const LONGEST = 50;

/** The manifest of the plugin for krew. The archive has `kubectl-sluice` in it, which needs Node and a shell's `#!`. */
export function krewManifest({
  version,
  uri,
  sha256,
}: {
  readonly version: string;
  /** Where the archive is. */
  readonly uri: string;
  readonly sha256: string;
}): object {
  const shortDescription = 'Canary releases: show, approve, abort, examine';
  if (shortDescription.length > LONGEST)
    throw new RangeError('krew shows short descriptions of 50 characters');
  return {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'sluice' },
    spec: {
      version: `v${version}`,
      homepage: uri.replace(/\/releases\/download\/.*$/, ''),
      shortDescription,
      description: [
        'The command line of Sluice, a progressive-delivery controller for model servers.',
        'Shows releases with weights and verdicts, approves and aborts them, examines a',
        'policy before it is trusted, and converts objects of Argo Rollouts and Flagger.',
        '',
      ].join('\n'),
      caveats: 'Needs Node.js 24 or newer on the PATH.\n',
      platforms: [
        {
          selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['linux', 'darwin'] }] },
          uri,
          sha256,
          files: [{ from: 'kubectl-sluice', to: '.' }],
          bin: 'kubectl-sluice',
        },
      ],
    },
  };
}
