import { SluiceError } from '../../errors.ts';

/** Permanent errors of Slack, and what to do about them. */
const FINAL: Readonly<Record<string, string>> = {
  channel_not_found: 'there is no such channel, or the app is not a member of it: /invite it',
  not_in_channel: 'the app is not a member of the channel: /invite it',
  is_archived: 'the channel is archived',
  missing_scope: 'the app lacks a scope: it needs chat:write',
  invalid_blocks: 'Slack refused the message',
  msg_too_long: 'Slack refused the message as too long',
};

function failed(message: string, retry: SluiceError['retry'] = 'backoff'): SluiceError {
  return new SluiceError(retry === 'terminal' ? 'NOTIFICATION_REFUSED' : 'NOTIFICATION_FAILED', message, {
    retry,
  });
}

/** The meaning of an error of Slack's client. Its properties contain the request, so none of them is kept. */
export async function faultOf(error: unknown): Promise<SluiceError> {
  const { WebAPIPlatformError, WebAPIRateLimitedError, WebAPIHTTPError } = await import('@slack/web-api');
  if (error instanceof SluiceError) return error;
  if (error instanceof WebAPIRateLimitedError)
    return failed(`Slack asks to wait ${error.retryAfter} s`, { afterMs: error.retryAfter * 1_000 });
  if (error instanceof WebAPIPlatformError) {
    const code = /^[a-z_]{1,64}$/.test(error.data.error) ? error.data.error : 'something else than its API';
    const help = FINAL[code];
    return failed(
      `Slack answered ${code}${help === undefined ? '' : `: ${help}`}`,
      help === undefined ? 'backoff' : 'terminal',
    );
  }
  if (error instanceof WebAPIHTTPError) return failed(`Slack answered ${error.statusCode}`);
  return failed('Slack cannot be reached');
}
