import { request } from 'node:http';
import { connect } from 'node:net';
import { grpcOk } from './grpc-probe.ts';
import type { Container, Probe } from './pod.ts';
import { afterProbe, BEFORE_PROBES } from './probe-state.ts';
import { wait } from './wait.ts';

function portOf(port: number | string, { ports = [] }: Container): number {
  return typeof port === 'number'
    ? port
    : (ports.find(({ name }) => name === port)?.containerPort ?? Number(port));
}

function httpOk(url: URL, headers: Record<string, string>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      { agent: false, headers, signal: AbortSignal.timeout(timeoutMs) },
      (answer) => {
        answer.resume();
        const status = answer.statusCode ?? 0;
        resolve(status >= 200 && status < 400);
      },
    );
    outgoing.once('error', () => resolve(false));
    outgoing.end();
  });
}

function tcpOk(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

/** Does one probe. A probe of a kind that cannot be done without a container (exec) passes. */
export function checkOnce(probe: Probe, container: Container, podIp: string): Promise<boolean> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1_000;
  const { httpGet, tcpSocket, grpc } = probe;
  if (httpGet !== undefined) {
    const url = new URL(
      `http://${httpGet.host ?? podIp}:${portOf(httpGet.port, container)}${httpGet.path ?? '/'}`,
    );
    const headers = Object.fromEntries((httpGet.httpHeaders ?? []).map(({ name, value }) => [name, value]));
    return httpOk(url, { 'user-agent': 'kube-probe/1.37', ...headers }, timeoutMs);
  }
  if (grpc !== undefined) return grpcOk(podIp, grpc.port, grpc.service ?? '', timeoutMs);
  return tcpSocket === undefined
    ? Promise.resolve(true)
    : tcpOk(tcpSocket.host ?? podIp, portOf(tcpSocket.port, container), timeoutMs);
}

/** A container that has not been up yet is asked this often, so that it serves soon after it can. */
const IMPATIENT_SECONDS = 0.25;

/**
 * Probes until the signal is aborted; calls `onVerdict` with the first verdict and with each change. `impatient`: until
 * the first success it probes more often than its period, as a kubelet may for readiness.
 */
export async function runProbe(
  probe: Probe,
  check: () => Promise<boolean>,
  onVerdict: (passing: boolean) => void,
  signal: AbortSignal,
  impatient = false,
): Promise<void> {
  const period = probe.periodSeconds ?? 10;
  let state = BEFORE_PROBES;
  let hasPassed = false;
  await wait((probe.initialDelaySeconds ?? 0) * 1_000, signal);
  while (!signal.aborted) {
    const next = afterProbe(state, await check(), probe);
    const { verdict } = next;
    const isNews = verdict !== null && verdict !== state.verdict;
    state = next;
    if (isNews && !isAborted(signal)) onVerdict(verdict);
    hasPassed ||= verdict === true;
    await wait((impatient && !hasPassed ? Math.min(IMPATIENT_SECONDS, period) : period) * 1_000, signal);
  }
}

/** Checked again: an await may lie between two reads. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;
