import { OPTIONS, type Option } from './options.ts';

const WIDTH = 100;
const INDENT = '      ';

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && INDENT.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((one) => `${INDENT}${one}`);
}

function sourceOf({ env, default: value, otherwise }: Option<unknown>): string {
  return `Also: ${env}. Default: ${value ?? otherwise ?? 'none'}`;
}

/** The text of `--help`. */
export function helpText(): string {
  const options: readonly Option<unknown>[] = Object.values(OPTIONS);
  const blocks = options.map((option) => [
    `  --${option.flag} ${option.value}`,
    ...wrap(option.description),
    ...wrap(sourceOf(option)),
  ]);
  return [
    'Usage: node dist/controller.mjs [options]',
    '',
    'The controller of Sluice: it releases new versions of workloads by canary, promotes those that do well and',
    'takes out those that do not. A flag wins over a variable of the environment.',
    '',
    'Options:',
    ...blocks.flat(),
    '  --version',
    `${INDENT}Print the version.`,
    '  -h, --help',
    `${INDENT}Print this.`,
    '',
    'HTTPS_PROXY, HTTP_PROXY and NO_PROXY count for Slack, webhooks, Teams and sources of metrics, and for the',
    'API server of a kubeconfig; not for the API server of the own cluster, pods, Redis and mail.',
    '',
    'Exit codes: 0 after SIGTERM or SIGINT, 1 after a fault or a lost lease, 2 for a wrong setting.',
    '',
  ].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The same as a table in Markdown, for documentation. */
export function optionsTable(): string {
  const options: readonly Option<unknown>[] = Object.values(OPTIONS);
  const rows = options.map(({ flag, env, value, default: fallback, otherwise, description }) =>
    [
      `\`--${flag} ${cell(value)}\``,
      `\`${env}\``,
      fallback === undefined ? otherwise : `\`${fallback}\``,
      description,
    ]
      .map((text) => ` ${text ?? ''} `)
      .join('|'),
  );
  return [' flag | environment | default | what it does ', '---|---|---|---', ...rows]
    .map((row) => `|${row}|`)
    .join('\n');
}
