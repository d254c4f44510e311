import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActOutcome, Rights } from '../../api/act.ts';
import type { Problem } from '../../api/problem.ts';
import type { ReleasePage } from '../../api/release.ts';
import type { SessionInfo } from '../../api/session.ts';
import { Notice } from '../parts/notice.tsx';
import { pathOf, Refused, read, send } from '../server.ts';

type Offer = ReleasePage['offers'][number];

const LABELS: Readonly<Record<Offer['act'], string>> = {
  approve: 'Approve',
  reject: 'Reject',
  pause: 'Pause',
  resume: 'Resume',
  skip: 'Skip this step',
  promote: 'Promote in full',
  abort: 'Abort',
};

interface Subject {
  readonly namespace: string;
  readonly release: string;
  readonly session: SessionInfo;
}

interface AskProps {
  readonly offer: Offer;
  readonly subject: Subject;
  readonly onDone: (message: string) => void;
  readonly onClose: () => void;
}

/** Asks for a reason and a confirmation, which says what will happen. */
function Ask({ offer, subject, onDone, onClose }: AskProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const act = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const { namespace, release, session } = subject;
    const { act: name, gate, step } = offer;
    const body = { act: name, gate, step, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) };
    try {
      const path = pathOf('namespaces', namespace, 'releases', release, 'acts');
      onDone((await send<ActOutcome>(path, body, session)).message);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setProblem(error.problem);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="act-title">
      <form onSubmit={(event) => void act(event)}>
        <h2 id="act-title">
          {LABELS[offer.act]} {subject.release}
        </h2>
        <p>{offer.consequence}</p>
        {offer.takesReason && (
          <label>
            Reason
            <textarea
              maxLength={1024}
              rows={3}
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
        )}
        {problem !== null && <Notice problem={problem} />}
        <p class="buttons">
          <button type="submit" class="primary" disabled={isBusy}>
            {LABELS[offer.act]}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
        </p>
      </form>
    </dialog>
  );
}

/** The acts that the release permits now; what this person may not do is disabled, with the reason. */
export function Acts({ offers, subject }: { readonly offers: readonly Offer[]; readonly subject: Subject }) {
  const [rights, setRights] = useState<Rights | null>(null);
  const [asked, setAsked] = useState<Offer | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  useEffect(() => {
    read<Rights>(pathOf('namespaces', subject.namespace, 'rights')).then(setRights, () => setRights(null));
  }, [subject.namespace, offers.length]);
  const missing = rights?.next ?? [];
  return (
    <section class="card" aria-label="What you can do">
      <p class="buttons">
        {offers.map((offer) => (
          <button
            key={offer.act}
            type="button"
            disabled={rights?.[offer.needs] !== true}
            onClick={() => setAsked(offer)}
          >
            {LABELS[offer.act]}
          </button>
        ))}
      </p>
      {missing.length > 0 && offers.length > 0 && (
        <Notice problem={{ message: 'you may not do all of this', next: missing }} />
      )}
      <p role="status">{outcome}</p>
      {asked !== null && (
        <Ask
          offer={asked}
          subject={subject}
          onDone={(message) => {
            setOutcome(message);
            setAsked(null);
          }}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}
