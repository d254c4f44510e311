import { describe, expect, test } from 'vitest';
import { SluiceError } from '../../errors.ts';
import { failureOf, isCode, unreachable } from './failure.ts';

const UNFIT = {
  message: 'the server rejected our request due to an error in our request',
  reason: 'Invalid',
  details: {},
};
const INVALID = {
  message:
    'Deployment.apps "x" is invalid: spec.replicas: Invalid value: -3: must be greater than or equal to 0',
  reason: 'Invalid',
  details: {
    name: 'x',
    kind: 'Deployment',
    causes: [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: -3: must be greater than or equal to 0',
        field: 'spec.replicas',
      },
    ],
  },
};

interface Given {
  readonly code: number;
  readonly method?: string;
  readonly body?: unknown;
  readonly retryAfter?: string;
}

function failed({ code, method = 'PATCH', body = { message: 'why' }, retryAfter }: Given): SluiceError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return failureOf({ what: 'patch deployments/x', method, code, body: text, retryAfter });
}

describe('an answer that is not a success', () => {
  test.each<[string, Given, string, unknown]>([
    ['a lost race', { code: 409 }, 'KUBERNETES_CONFLICT', 'backoff'],
    ['a patch whose test does not hold', { code: 422, body: UNFIT }, 'KUBERNETES_CONFLICT', 'backoff'],
    ['what validation finds', { code: 422, body: INVALID }, 'KUBERNETES_INVALID', 'terminal'],
    [
      'a bare 422 to something else than a patch',
      { code: 422, method: 'POST', body: UNFIT },
      'KUBERNETES_INVALID',
      'terminal',
    ],
    ['a bad request', { code: 400 }, 'KUBERNETES_INVALID', 'terminal'],
    ['what is not there', { code: 404 }, 'KUBERNETES_NOT_FOUND', 'terminal'],
    ['a version that is too old', { code: 410 }, 'KUBERNETES_GONE', 'backoff'],
    ['credentials that are not accepted', { code: 401 }, 'KUBERNETES_FORBIDDEN', 'backoff'],
    ['what is not allowed', { code: 403 }, 'KUBERNETES_FORBIDDEN', 'terminal'],
    ['too many requests', { code: 429, retryAfter: '3' }, 'KUBERNETES_UNAVAILABLE', { afterMs: 3_000 }],
    [
      'what etcd cannot store',
      { code: 500, body: { message: 'etcdserver: request is too large' } },
      'KUBERNETES_TOO_LARGE',
      'terminal',
    ],
    [
      'what the API server cannot send to etcd',
      {
        code: 500,
        body: {
          message:
            'rpc error: code = ResourceExhausted desc = trying to send message larger than max (2200000 vs. 2097152)',
        },
      },
      'KUBERNETES_TOO_LARGE',
      'terminal',
    ],
    ['a request that is too large', { code: 413 }, 'KUBERNETES_TOO_LARGE', 'terminal'],
    ['any other internal error', { code: 500 }, 'KUBERNETES_UNAVAILABLE', 'backoff'],
    ['too many requests, without a time', { code: 429 }, 'KUBERNETES_UNAVAILABLE', 'backoff'],
    [
      'a Retry-After that is no number',
      { code: 503, retryAfter: 'soon' },
      'KUBERNETES_UNAVAILABLE',
      'backoff',
    ],
    ['an overloaded server', { code: 503, retryAfter: '1' }, 'KUBERNETES_UNAVAILABLE', { afterMs: 1_000 }],
    ['a faulty server', { code: 500 }, 'KUBERNETES_UNAVAILABLE', 'backoff'],
  ])('is reported by its code: %s', (_title, given, code, retry) => {
    expect(failed(given)).toMatchObject({ code, retry });
  });

  test.each<[string, Given, string]>([
    ['the words of the API server', { code: 422, body: INVALID }, `patch deployments/x: ${INVALID.message}`],
    ['a plain text', { code: 404, body: '404 page not found\n' }, 'patch deployments/x: 404 page not found'],
    ['the status alone', { code: 500, body: '' }, 'patch deployments/x: HTTP 500'],
    [
      'a cause that the message hides',
      { code: 400, body: { message: 'bad', details: { causes: [{ message: 'unknown field spec.x' }] } } },
      'patch deployments/x: bad: unknown field spec.x',
    ],
    [
      'what is meant',
      { code: 422, body: UNFIT },
      'patch deployments/x: the patch does not fit the object as it is now',
    ],
  ])('carries %s', (_title, given, expected) => {
    expect(failed(given).message).toBe(expected);
  });
});

const named = (name: string): Error => Object.assign(new Error('too slow'), { name });

describe('a request without an answer', () => {
  test.each([
    ['TimeoutError', 'KUBERNETES_TIMEOUT'],
    ['HeadersTimeoutError', 'KUBERNETES_TIMEOUT'],
    ['BodyTimeoutError', 'KUBERNETES_TIMEOUT'],
    ['ConnectTimeoutError', 'KUBERNETES_TIMEOUT'],
    ['SocketError', 'KUBERNETES_UNAVAILABLE'],
  ])('that ended in %s is %s', (name, code) => {
    expect(unreachable('get x', named(name))).toMatchObject({
      code,
      retry: 'backoff',
      message: 'get x: too slow',
    });
  });

  test('keeps an error of ours as it is', () => {
    const ours = new SluiceError('CONFIG_INVALID', 'no such context', { retry: 'terminal' });
    expect(unreachable('get x', ours)).toBe(ours);
    expect(isCode(ours, 'CONFIG_INVALID')).toBe(true);
    expect(isCode(new Error('other'), 'CONFIG_INVALID')).toBe(false);
  });
});
