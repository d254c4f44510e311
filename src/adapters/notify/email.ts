import { SluiceError } from '../../errors.ts';
import { refusalOf, resolved, type Targets } from '../../http/outgoing/targets.ts';
import type { Notification } from '../../ports/notifier.ts';
import type { Drawn, Send } from './send.ts';
import { factsOf, titleOf } from './text.ts';

const TIMEOUT_MS = 10_000;
/** Two pixels for each of the picture: sharp on screens of today, and rarely above 80 kB. */
const SCALE = 2;

/** A message as plain text. */
function emailText(message: Notification): string {
  const facts = factsOf(message).map(([name, value]) => `${name}: ${value.replaceAll('\n', '\n    ')}`);
  const commands = message.commands.map((command) => `  ${command}`);
  const links = message.links.map(({ name, url }) => `${name}: ${url}`);
  return [`${message.reason}: ${message.text}`, '', ...facts, ...links, '', ...commands, ''].join('\n');
}

/** The picture below the text; its description goes into the text, since a mail reader shows none. */
function pictureParts(picture: Drawn | null): { readonly words: string; readonly attachments: object[] } {
  if (picture === null) return { words: '', attachments: [] };
  const filename = 'metrics.png';
  const content = Buffer.from(picture.png);
  const attachment = { filename, content, contentType: 'image/png', contentDisposition: 'inline' };
  return { words: `\nIn the picture: ${picture.words}\n`, attachments: [attachment] };
}

/** The meaning of an SMTP server's answer: 4xx is temporary, 5xx is not. */
function refused(host: string, error: unknown): SluiceError {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  const why =
    responseCode === undefined ? (refusalOf(error) ?? code ?? 'no answer') : `it answered ${responseCode}`;
  const isFinal = responseCode !== undefined && responseCode >= 500 && code !== 'EAUTH';
  return new SluiceError(
    isFinal ? 'NOTIFICATION_REFUSED' : 'NOTIFICATION_FAILED',
    `the SMTP server ${host} did not take the message: ${why}`,
    { retry: isFinal ? 'terminal' : 'backoff' },
  );
}

/** Sends e-mail. All messages of a Release are one thread; a message sent twice has the same Message-ID. */
export function createEmail(targets: Targets, timeoutMs = TIMEOUT_MS): Send<'email'> {
  return async ({ receiver, message, secrets, draw }) => {
    const { host, port, tls, username, password, from, to } = receiver;
    if (tls === 'none' && password !== undefined) {
      const why = `${host}: a password is not sent over tls: none; use starttls or implicit`;
      throw new SluiceError('NOTIFICATION_REFUSED', why, { retry: 'terminal' });
    }
    const pass = password === undefined ? undefined : await secrets.read(message.namespace, password);
    const { createTransport } = await import('nodemailer');
    // By its address, so that the library does not resolve the name again.
    const address = await resolved(targets, host).catch((error: unknown): never => {
      throw refused(host, error);
    });
    const transport = createTransport({
      host: address,
      tls: { servername: host },
      port,
      secure: tls === 'implicit',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(username === undefined ? {} : { auth: { user: username, pass: pass ?? '' } }),
    });
    const [uid = '', seq = ''] = message.id.split('/');
    const { words, attachments } = pictureParts(await draw(SCALE));
    const thread = `<${uid}@release.sluice.dev>`;
    try {
      await transport.sendMail({
        from,
        to: [...to],
        subject: titleOf(message),
        text: `${emailText(message)}${words}`,
        attachments,
        messageId: `<${uid}.${seq}@release.sluice.dev>`,
        inReplyTo: thread,
        references: [thread],
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      throw refused(host, error);
    } finally {
      transport.close();
    }
    return {};
  };
}
