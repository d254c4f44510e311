import { grantFor } from '../acts/grant.ts';
import { Refusal } from '../acts/refusal.ts';
import { SluiceError } from '../errors.ts';
import { CliError, EXIT } from './cli-error.ts';

/** The part of a command that explains an error. */
export interface ErrorScene {
  readonly server: string;
  readonly namespace: string;
}

const NEXT: Partial<Record<SluiceError['code'], readonly string[]>> = {
  KUBERNETES_NOT_FOUND: [
    'if Sluice is not installed in this cluster: kubectl apply -k manifests; then: sluice doctor',
  ],
  KUBERNETES_CONFLICT: ['somebody else changed it at the same time: look with sluice status, then try again'],
};

function denied(message: string, scene: ErrorScene): string[] {
  if (/Unauthorized/.test(message))
    return ['the credentials are not accepted (any more): log in again, or choose another --context'];
  return [grantFor(message, scene.namespace)];
}

function unreachable(message: string, { server }: ErrorScene): CliError {
  const none = server.startsWith('http://localhost:8080');
  const next = none
    ? ['no kubeconfig was found: give --kubeconfig FILE or set KUBECONFIG']
    : ['check the network or VPN, and that this is the cluster you mean: kubectl config get-contexts'];
  return new CliError(`the API server ${server} does not answer (${message})`, {
    exit: EXIT.unanswered,
    next,
  });
}

/** A `CliError` with the state and the fix, from any error of the cluster. */
export function explainError(error: unknown, scene: ErrorScene): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof Refusal)
    return new CliError(error.message, { exit: error.isUsage ? EXIT.usage : EXIT.no, next: error.next });
  if (!(error instanceof SluiceError)) throw error;
  const { message, code } = error;
  const told = (next: readonly string[], exit: CliError['exit'] = EXIT.unanswered): CliError =>
    new CliError(message, { exit, next, cause: error });
  if (code === 'KUBERNETES_FORBIDDEN') return told(denied(message, scene));
  if (code === 'KUBERNETES_UNAVAILABLE' || code === 'KUBERNETES_TIMEOUT') return unreachable(message, scene);
  if (code === 'KUBERNETES_INVALID') return told([], EXIT.no);
  return told(NEXT[code] ?? [], code === 'CONFIG_INVALID' ? EXIT.usage : EXIT.unanswered);
}
