import type { ApprovalDecision } from '../../ports/decision.ts';
import type { Notification } from '../../ports/notifier.ts';

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (one) => names[one] ?? one);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>${escaped(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}input,button{font:inherit;padding:.4rem;margin:.2rem 0}</style>
<h1>${escaped(title)}</h1>${body}</html>\n`;
}

/** The page after a decision, or instead of one. */
export function answerPage(title: string, message: string): string {
  return page(title, `<p>${escaped(message)}</p>`);
}

/** Asks the person who opened a link to confirm, so that programs that open links decide nothing. */
export function confirmPage(
  about: Notification,
  gate: string,
  decision: ApprovalDecision['decision'],
): string {
  const verb = decision === 'approve' ? 'Approve' : 'Reject';
  const list = [...about.changes, ...about.metrics.map(({ name, message }) => `${name}: ${message}`)];
  const items = list.map((line) => `<li>${escaped(line)}</li>`).join('');
  const form = `<form method="post"><p><label>Your name<br><input name="by" required maxlength="200"></label></p>
<p><label>Why<br><input name="reason" maxlength="1000" size="40"></label></p><button>${verb} "${escaped(gate)}"</button></form>`;
  const intro = `<p>${escaped(about.workload)} in ${escaped(about.namespace)}, revision ${escaped(about.revision)}: ${escaped(about.text)}</p>`;
  return page(`${verb} "${gate}" of ${about.release}?`, `${intro}<ul>${items}</ul>${form}`);
}
