import { createHash } from 'node:crypto';
import { TRACEPARENT } from '../../api/annotations/annotations.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Problem } from '../reasons/catalogue.ts';

/** The trace of a release, in the terms of W3C Trace Context. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Id of the span of the whole release, 16 hexadecimal digits. */
  readonly root: string;
  /** The span of the pipeline that pushed, if it gave one. */
  readonly parent?: string;
  /** Whether the pipeline records its trace; what it does not record is not recorded here. */
  readonly sampled: boolean;
}

const FORM = /^[0-9a-f]{2}-(?<id>[0-9a-f]{32})-(?<span>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;
const ZERO = /^0+$/;
/** A version that W3C forbids. */
const FORBIDDEN = 'ff';

function read(text: string | undefined): { id: string; span: string; sampled: boolean } | null {
  const { id = '', span = '', flags = '' } = FORM.exec(text ?? '')?.groups ?? {};
  if (id === '' || ZERO.test(id) || ZERO.test(span) || text?.startsWith(FORBIDDEN) === true) return null;
  return { id, span, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

const digits = (count: number, ...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, count);

/** An id for a part of a trace: the same for the same part, so that a span that is sent twice is one span. */
export const spanId = (trace: Pick<Trace, 'id'>, ...part: readonly string[]): string =>
  digits(16, trace.id, ...part);

const rootOf = (id: string, release: string): string => spanId({ id }, 'release', release);

/** What is wrong with the context that a pipeline put on a Deployment; null if it is right or absent. */
export function traceparentProblem({ metadata }: KubeObject): Problem | null {
  const given = metadata.annotations?.[TRACEPARENT];
  if (given === undefined || read(given) !== null) return null;
  return {
    reason: 'TraceparentInvalid',
    message: `annotation ${TRACEPARENT} "${given.slice(0, 80)}" is not used: it must be a W3C traceparent, 00-<32 hexadecimal digits>-<16>-<2>, as in the TRACEPARENT of the pipeline`,
  };
}

/**
 * The annotation of a new Release: the context that the pipeline put on the Deployment, else, if traces are sent, one of
 * its own.
 */
export function traceparentFor(deployment: KubeObject, release: string, isSent: boolean): string | undefined {
  const { uid = '', generation = 0, annotations } = deployment.metadata;
  const given = annotations?.[TRACEPARENT];
  if (read(given) !== null) return given;
  if (!isSent) return undefined;
  const id = digits(32, uid, String(generation), release);
  return `00-${id}-${rootOf(id, release)}-01`;
}

/** The context of a trace, as others join it: the traceparent of the span of the whole release. */
export const contextOf = ({ id, root, sampled }: Trace): string =>
  `00-${id}-${root}-${sampled ? '01' : '00'}`;

/** Id of the trace of a Release; undefined if it has none. */
export const traceIdOf = ({ metadata }: KubeObject): string | undefined =>
  read(metadata.annotations?.[TRACEPARENT])?.id;

/** The trace of a Release; null if it has none. */
export function traceOf({ metadata }: KubeObject): Trace | null {
  const known = read(metadata.annotations?.[TRACEPARENT]);
  if (known === null) return null;
  const { id, span, sampled } = known;
  const root = rootOf(id, metadata.name);
  return { id, root, sampled, ...(span === root ? {} : { parent: span }) };
}
