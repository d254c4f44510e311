import { hashText, normal, streamOf } from './random.ts';

/** What makes requests fail beside a steady share of them. */
export interface Trouble {
  /** Failures vary by a factor with mean 1 that all pods of a version share: its coefficient of variation and how long it lasts. */
  readonly noise: { readonly cv: number; readonly seconds: number; readonly seed: number } | null;
  /** From one moment on (epoch seconds), for some time, in whichever version has it. */
  readonly outage: { readonly from: number; readonly seconds: number; readonly share: number } | null;
  /** At the age of 0, falling to nothing. */
  readonly cold: { readonly seconds: number; readonly share: number } | null;
  /** For some seconds at the end of each period. */
  readonly spikes: { readonly every: number; readonly seconds: number; readonly share: number } | null;
  /** A pod has its own constant factor: its coefficient of variation, and the pod's draw. */
  readonly unequal: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Draws of the noise in the time that it lasts. */
const SLOTS = 6;
/** Times that it lasts after which a draw no longer counts. */
const MEMORY = 4;

function figure(env: Environment, name: string): number {
  const value = Number(env[name] ?? '0');
  if (!Number.isFinite(value) || value < 0)
    throw new RangeError(`${name}="${env[name]}" must be a number from 0`);
  return value;
}

/** A factor with mean 1, log-normal, from a standard normal draw. */
function factor(cv: number, draw: number): number {
  const variance = Math.log(1 + cv ** 2);
  return Math.exp(Math.sqrt(variance) * draw - variance / 2);
}

/** Reads it from the environment: NOISE_…, OUTAGE_…, COLD_…, SPIKE_… and UNEQUAL_CV. Throws a RangeError. */
export function troubleOf(env: Environment, version: string, pod: string): Trouble {
  const given = (name: string): number => figure(env, name);
  const [noise, outage, cold, spike] = ['NOISE_CV', 'OUTAGE_SHARE', 'COLD_SHARE', 'SPIKE_SHARE'].map(given);
  const random = streamOf(hashText(`unequal/${pod}`), 0);
  return {
    noise: noise
      ? {
          cv: noise,
          seconds: given('NOISE_SECONDS') || 120,
          seed: hashText(`${env['SEED'] ?? '1'}/noise/${version}`),
        }
      : null,
    outage: outage ? { share: outage, from: given('OUTAGE_FROM'), seconds: given('OUTAGE_SECONDS') } : null,
    cold: cold ? { share: cold, seconds: given('COLD_SECONDS') || 60 } : null,
    spikes: spike
      ? { share: spike, every: given('SPIKE_EVERY') || 50, seconds: given('SPIKE_SECONDS') || 10 }
      : null,
    unequal: factor(given('UNEQUAL_CV'), normal(random)),
  };
}

/** The noise at a moment: older draws count less, so that neighbouring moments are alike. */
function noiseAt({ cv, seconds, seed }: NonNullable<Trouble['noise']>, atSeconds: number): number {
  const slot = Math.floor((atSeconds * SLOTS) / seconds);
  let [sum, squares] = [0, 0];
  for (let back = 0; back < SLOTS * MEMORY; back++) {
    const weight = Math.exp(-back / SLOTS);
    sum += weight * normal(streamOf(seed, slot - back));
    squares += weight ** 2;
  }
  return factor(cv, sum / Math.sqrt(squares));
}

/** The share of requests that fail now, of a pod whose version steadily fails in `share` of them. */
export function failingShare(
  { noise, outage, cold, spikes, unequal }: Trouble,
  share: number,
  at: { readonly ageSeconds: number; readonly epochSeconds: number },
): number {
  const { ageSeconds, epochSeconds: now } = at;
  const steady = share * unequal * (noise === null ? 1 : noiseAt(noise, now));
  const isOut = outage !== null && now >= outage.from && now < outage.from + outage.seconds;
  const young = cold === null ? 0 : cold.share * Math.max(0, 1 - ageSeconds / cold.seconds);
  const isSpike = spikes !== null && now % spikes.every >= spikes.every - spikes.seconds;
  return Math.min(1, steady + (isOut ? outage.share : 0) + young + (isSpike ? spikes.share : 0));
}
