import type { Session } from '../session.ts';

/** The result of one check. `fix` is the next step to take. */
export interface Result {
  readonly state: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly message: string;
  readonly fix?: string;
}

/** What a check may use. */
export interface Patient {
  readonly session: Session;
  /** Namespace of the controller. */
  readonly home: string;
  /** Prometheus as this machine reaches it; undefined goes through the API server. */
  readonly prometheusUrl: string | undefined;
}

/** One line of the doctor's report. */
export interface Check {
  readonly title: string;
  readonly run: (patient: Patient) => Promise<readonly Result[]>;
}

export const ok = (message: string): Result => ({ state: 'ok', message });
export const warning = (message: string, fix: string): Result => ({ state: 'warning', message, fix });
export const failed = (message: string, fix: string): Result => ({ state: 'failed', message, fix });
export const unknown = (message: string): Result => ({ state: 'unknown', message });

export const INSTALL = 'kubectl apply -k manifests';
